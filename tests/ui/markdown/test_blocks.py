from time import process_time

import pytest
from rich.style import Style

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from tests.ui.markdown.samples import document, lines, shown, style_of


def coloured(text: str) -> dict[str, Style | None]:
    keyword, string = Style(color="blue"), Style(color="green")
    plain = Palette.colourless()
    names = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
    names["tokens"] = {"Keyword": keyword, "Literal.String": string}
    drawn = Document(Palette(**names))
    drawn.update(text, complete=True)
    return {part.text: part.style for line in drawn.lines(80) for part in line.segments}


def test_headings_differ_by_level() -> None:
    assert style_of("# a", "a") != style_of("## a", "a") != style_of("#### a", "a")


def test_items_are_numbered_from_the_first_ones_number() -> None:
    assert shown("7. a\n7. b\n1. c") == ["7. a", "8. b", "9. c"]


def test_an_item_hangs_from_its_mark() -> None:
    assert shown("- one two three\n\n  four", 10) == ["• one two", "  three", "", "  four"]


def test_a_blank_line_stands_between_items_only_where_one_was_written() -> None:
    assert shown("- a\n- b\n\n- c") == ["• a", "• b", "", "• c"]


def test_only_the_first_words_of_an_item_make_it_a_task() -> None:
    assert shown("- [ ] a\n- [x] b\n- a [x]\n- [y] c") == ["☐ a", "☑ b", "• a [x]", "• [y] c"]
    assert shown("1. [x] a") == ["1. ☑ a"]


def test_nesting_leaves_room_for_text_on_a_narrow_screen() -> None:
    deep = "\n".join("  " * level + f"- word{level}" for level in range(12))
    text = " ".join(shown(deep, 20))
    assert all(f"word{level}" in text for level in range(12))


def test_a_quote_has_its_bar_on_every_line() -> None:
    assert shown("> a\n>\n> - b\n>\n> > c") == ["▌ a", "▌", "▌ • b", "▌", "▌ ▌ c"]


def test_code_is_coloured_in_the_language_of_the_first_word() -> None:
    parts = coloured("```Python title=x\ndef f(): return 'a'\n```")
    assert parts["def"] == Style(color="blue")
    assert parts["'a'"] == Style(color="green")


def test_code_without_a_known_language_is_not_coloured() -> None:
    assert coloured("```\ndef f(): pass\n```")["def f(): pass"] == Style()
    assert " def f(): pass" in "".join(coloured("```nope\ndef f(): pass\n```"))


def test_a_string_over_many_lines_is_one_string() -> None:
    text = '```python\nx = """\n' + "def in_string\n" * 60 + '"""\ndef real(): pass\n```'
    drawn = coloured(text)
    assert drawn["def in_string"] == Style(color="green")
    assert drawn["def"] == Style(color="blue")


def test_code_is_padded_to_the_width_and_goes_on_behind_a_mark() -> None:
    plain = [line.plain for line in lines("```\nabcdefghijk\n\nx\n```", 8)]
    assert plain == ["   copy ", " abcdefg", "↳hijk   ", "        ", " x      "]


def test_long_lines_of_code_can_be_scrolled_instead() -> None:
    drawn = document("```\nabcdefghijk\nx漢\n```\n\ntext")
    drawn.wrap_code(False)
    assert [line.plain for line in drawn.lines(8)][1:3] == [" abcdef›", " x漢    "]
    drawn.wrap_code(False, offset=2)
    assert [line.plain for line in drawn.lines(8)][1:3] == ["‹cdefgh›", "‹       "[:8]]
    drawn.wrap_code(False, offset=5)
    assert [line.plain for line in drawn.lines(8)][1:3] == ["‹fghijk ", "‹       "]
    drawn.wrap_code(True)
    assert drawn.height(8) == 6


def test_each_part_of_long_code_says_that_it_is_cut() -> None:
    wide, rows = "w" * 60, ["x"] * 40
    drawn = document("\n".join(["```", *rows, "x", wide, wide, *rows, wide, "```"]))
    drawn.wrap_code(False)
    plain = [line.plain for line in drawn.lines(40)]
    assert "cut ›" not in plain[0]
    signs = [line.rstrip("›")[-4:] for line in plain if line.endswith("›")]
    assert signs == ["cut ", "wwww", "cut "]


@pytest.mark.parametrize(
    "text", ["```\n" + "w" * 60 + "\n```", "    cut ›\n    " + f"{'w' * 60}\n    " * 3]
)
def test_code_that_is_cut_says_so_once(text: str) -> None:
    drawn = document(text)
    drawn.wrap_code(False)
    assert sum(line.plain.endswith(("cut ›", "copy ")) for line in drawn.lines(40)) == 1
    assert not any(line.plain.endswith("cut ›") for line in drawn.lines(60 + 2))


@pytest.mark.parametrize("step", [1, 37, 700])
def test_code_that_is_cut_grows_to_what_it_is(step: int) -> None:
    text = "```py\n" + ("x\n" * 30 + "w" * 50 + "\n") * 5 + "```\n\n> ```\n" + "> x\n" * 50
    growing = document("", complete=False)
    growing.wrap_code(False)
    for end in range(0, len(text), step):
        growing.update(text[:end], complete=False)
        fresh = document(text[:end], complete=False)
        fresh.wrap_code(False)
        assert [line.plain for line in growing.lines(40)] == [
            line.plain for line in fresh.lines(40)
        ]


@pytest.mark.parametrize("chunk_size", [30, 8_192])
def test_the_label_of_code_says_where_what_is_to_be_copied_begins(chunk_size: int) -> None:
    text = (
        "- item\n\n  ```py\n  x\t= 1\n   y\n  ```\n\nText\n\n> ~~~\n> z\n\n```\n"
        + "line\n" * 99
        + "\n\x1b\n```\n\nText"
    )
    drawn = Document(Palette.colourless(), chunk_size=chunk_size)
    drawn.update(text, complete=True)
    metas = [part.style.meta for row in drawn.lines(60) for part in row.segments if part.style]
    marks = [meta["copy"] for meta in metas if "copy" in meta]
    assert [text[slice(*mark)] for mark in marks] == ["  ```py\n", "> ~~~\n", "```\n"]


def test_each_line_of_code_knows_where_it_was_written() -> None:
    text = "- item\n\n  ```py\n  x = 1\n  y = 2\n  ```\n"
    found = [text[slice(*line.source)] for line in lines(text) if line.source]
    assert found == ["- item\n"[0:], "  ```py\n", "  x = 1\n", "  y = 2\n"]


def test_columns_are_aligned_as_asked() -> None:
    text = "| a | b | c |\n|---|--:|:-:|\n| 1 | 2 | 3 |\n| 11 | 22 | 333 |"
    assert shown(text)[2:] == ["1  │  2 │  3", "11 │ 22 │ 333"]


def test_columns_that_do_not_fit_wrap_inside_their_cells() -> None:
    text = "| name | about |\n|---|---|\n| a | one two three four five |"
    assert shown(text, 20)[2:] == ["a    │ one two three", "     │ four five"]


def test_a_table_too_narrow_for_columns_becomes_names_and_values() -> None:
    header = "|" + "name|" * 6 + "\n|" + "---|" * 6 + "\n|" + "value|" * 6
    assert shown(header, 20) == ["name: value"] * 6


def test_a_late_wide_cell_wraps_and_moves_nothing() -> None:
    rows = "| a | b |\n" * 60
    text = "| x | y |\n|---|---|\n" + rows
    wide = text + "| a much wider cell | b |"
    assert shown(wide)[: len(shown(text))] == shown(text)


def test_too_deep_nesting_is_shown_as_it_was_written() -> None:
    assert "".join(shown(">" * 100 + " deep")) == ">" * 100 + " deep"


def test_a_break_tag_breaks_the_line_of_a_cell() -> None:
    text = "| a | b |\n|-|-|\n| Stop.<br>Copy.<br/>Go `<br>`<BR /> on | x |"
    assert shown(text, 40) == [
        "a       │ b",
        "────────┼──",
        "Stop.   │ x",
        "Copy.   │",
        "Go <br> │",
        "on      │",
    ]
    assert shown("a<br>b") == ["a<br>b"]


@pytest.mark.parametrize("before", ["", "> ", "- "])
def test_cells_without_a_column_are_shown_in_the_last_one(before: str) -> None:
    after = " " * len(before) if before == "- " else before
    text = f"{before}| a | b |\n{after}|-|-|\n{after}| 1 | 2 | `3` | 4\\|5 |\n{after}| 6 |"
    assert any(row.endswith("1 │ 2 | 3 | 4|5") for row in shown(text))


def test_a_line_before_a_list_is_no_heading_while_the_list_begins() -> None:
    plain = style_of("text", "text")
    for end in ("", "-", "- ", "=", " -", "--"):
        drawn = document(f"text\n{end}", complete=False)
        (segment, *_) = next(iter(drawn.lines(40))).segments
        assert (segment.text, segment.style) == ("text", plain)
    assert style_of("text\n--", "text") != plain
    assert [line.plain for line in document("text\n\n---", complete=False).lines(4)][-1] == "────"


@pytest.mark.parametrize("gap", ["", "\n"])
@pytest.mark.parametrize("indent", [4, 6, 8, 12])
def test_an_item_that_is_indented_too_far_is_an_item(indent: int, gap: str) -> None:
    space = " " * indent
    drawn = shown(f"- Item\n{gap}{space}- a **bold** child\n{space}  goes on\n{space}- 2nd\n- Last")
    found = [line.strip() for line in drawn if line.strip()]
    assert found == ["• Item", "• a bold child goes on", "• 2nd", "• Last"]


@pytest.mark.parametrize("mark", ["- ", "1. ", "> - ", "- [ ] "])
def test_the_text_of_an_item_may_stand_far_behind_its_mark(mark: str) -> None:
    """Models line the texts of items up."""
    drawn = " ".join(shown(f"{mark}      some **bold** text\n{mark}      more\n"))
    assert "some bold text" in drawn
    assert "more" in drawn


@pytest.mark.parametrize("mark", ["- ", "1. ", "> - ", "- - "])
def test_code_in_an_item_keeps_its_indentation(mark: str) -> None:
    code = ["on:", "      - push", "        - pull", "run: 1"]
    space = "> " + " " * 2 if mark == "> - " else " " * len(mark)
    below = "".join(f"{space}{line}\n" for line in ["```yaml", *code, "```"])
    for gap in ("", f"{space}\n"):
        drawn = [line.rstrip() for line in shown(f"{mark}Item:\n{gap}{below}", 60)]
        assert [line[-len(code[0]) :] for line in drawn if line.endswith("on:")] == ["on:"]
        left = next(line.index("on:") for line in drawn if line.endswith("on:"))
        assert [line[left:] for line in drawn[-4:]] == code


def test_an_item_below_one_that_is_indented_too_far_is_its_child() -> None:
    for text in ("- a\n      - b\n          - c\n- d", "- a\n  - b\n          - c\n- d"):
        assert shown(text) == ["• a", "  • b", "    • c", "• d"]


def test_a_long_list_in_an_item_takes_as_long_as_it_is() -> None:
    def seconds(count: int) -> float:
        began = process_time()
        document("- Top\n" + "  - an **item** of many\n" * count)
        return process_time() - began

    seconds(10)  # What is imported or compiled on first use.
    few = min(seconds(200) for _ in range(3))
    assert seconds(1_600) < 16 * few


def test_indented_code_in_an_item_is_code() -> None:
    drawn = shown("- Item\n\n          x = **1**\n          - y\n")
    assert any("x = **1**" in line for line in drawn)
    assert any("- y" in line for line in drawn)


def test_short_code_is_as_wide_as_prose_and_a_long_line_has_all_there_is() -> None:
    for code, width in (("x = 1", 100), ("y" * 120, 140)):
        drawn = document(f"```\n{code}\n```\n").lines(140)
        assert {len(line.plain) for line in drawn} == {width}
