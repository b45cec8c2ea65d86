import pytest

from fakegpt_tui.ui.markdown.palette import Palette
from tests.ui.markdown.samples import document, href_of, shown, style_of

PALETTE = Palette.colourless()


def test_emphasis_is_styled_and_nests() -> None:
    text = "a **bold *both* x** `code` ~~gone~~"
    assert style_of(text, "bold ") == PALETTE.strong
    assert style_of(text, "both") == PALETTE.strong + PALETTE.emphasis
    assert style_of(text, "code") == PALETTE.code
    assert style_of(text, "gone") == PALETTE.strikethrough


@pytest.mark.parametrize(
    ("text", "label", "target"),
    [
        ("[a *b*](https://x.example/%22 'title')", "b", "https://x.example/%22"),
        ("<https://x.example>", "https://x.example", "https://x.example"),
        ("<a@x.example>", "a@x.example", "mailto:a@x.example"),
        ("at https://x.example/a_b.", "https://x.example/a_b", "https://x.example/a_b"),
        ("[a][b]\n\n[b]: https://x.example", "a", "https://x.example"),
        ("![a](https://x.example)", "[image: a]", "https://x.example"),
        ("| h |\n|---|\n| [a](https://x.example) |", "a", "https://x.example"),
    ],
)
def test_a_link_carries_its_target_as_it_was_written(text: str, label: str, target: str) -> None:
    assert href_of(text, label) == target


def test_brackets_within_each_other_are_read_up_to_forty_of_them() -> None:
    open_brackets, words = "[" * 40, "**words**\nof it"
    assert "".join(shown(f"{open_brackets} {words}")) == f"{open_brackets} words of it"
    assert "".join(shown(f"{open_brackets}[ {words}")) == f"{open_brackets}[ **words** of it"
    sources = "[1][2] " * 60
    assert "words" in " ".join(shown(f"{sources}{words}"))
    assert "*" not in " ".join(shown(f"{sources}{words}"))


def test_a_label_cannot_pass_for_another_address() -> None:
    assert href_of("[https://good.example](https://evil.example)", "https://good.example") == (
        "https://evil.example"
    )


def test_a_target_that_cannot_be_opened_is_shown_beside_its_label() -> None:
    assert shown("[label](./a.md)") == ["label (./a.md)"]
    assert href_of("[label](./a.md)", "label") is None


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert)",
        "[a](file:///etc/passwd)",
        "<std::string>",
        "vec<T>",
        "<think> x </think>",
        "<!-- c -->",
        "[/bold] [@click=app.quit]x[/]",
        "[a](https://x.example/\u200b)".replace("\u200b", "‹200B›"),
    ],
)
def test_what_is_no_markdown_is_shown_as_it_was_written(text: str) -> None:
    assert shown(text) == [text]


def test_an_entity_cannot_smuggle_a_control_character_in() -> None:
    assert shown("a&#8238;b&#x200b;c&#10;d&#9;e") == ["a‹202E›b‹200B›c d    e"]


def test_a_link_without_a_label_shows_its_target() -> None:
    assert shown("[](https://x.example)") == ["https://x.example"]
    assert shown("![](https://x.example)") == ["[image: https://x.example]"]


def test_line_feeds_in_a_paragraph_are_kept_on_request() -> None:
    assert shown("a\nb") == ["a b"]
    kept = document("a\nb", keep_breaks=True).lines(80)
    assert [line.plain for line in kept] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "drawn", "strong"),
    [
        ("**重要：**请注意", "重要：请注意", "重要："),
        ("注意，**“引号”**内容", "注意，“引号”内容", "“引号”"),
        ("**강조(強調)**입니다", "강조(強調)입니다", "강조(強調)"),
        ("これは**「重要」**です。", "これは「重要」です。", "「重要」"),
    ],
)
def test_emphasis_needs_no_spaces_in_scripts_that_have_none(
    text: str, drawn: str, strong: str
) -> None:
    assert shown(text) == [drawn]
    assert style_of(text, strong).bold


def test_what_is_deleted_needs_no_spaces_there_either() -> None:
    assert shown("旧~~（古い）~~新") == ["旧（古い）新"]


def test_asterisks_between_spaces_and_in_latin_text_mean_what_they_did() -> None:
    text = "中 ** 文 2*(3) snake_中_case"
    assert shown(text) == [text]


def test_html_keeps_its_lines_however_long_it_is() -> None:
    rows = ["<ul>", *("<li>an item of a list</li>" for _ in range(200)), "</ul>"]
    assert shown("\n".join(rows)) == rows
    assert shown("\r\n".join(rows)) == rows
    assert shown("<b>Bold</b> in a line\nthat goes on") == ["<b>Bold</b> in a line that goes on"]
    assert shown("<https://a.example>\nand more") == ["https://a.example and more"]
