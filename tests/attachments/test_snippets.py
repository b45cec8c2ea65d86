"""Snippets: what is a variable, what it is filled with, and which files are read."""

from pathlib import Path

import pytest

from fakegpt_tui.attachments.example_snippets import EXAMPLES, add_examples, missing_examples
from fakegpt_tui.attachments.snippets import MAX_BYTES, Snippet, read_snippets
from fakegpt_tui.domain import SaveError
from fakegpt_tui.keymap import COMMANDS

TRANSLATE = Snippet(
    "translate", "# Translate\n\nInto {{language=French}}, {{tone}}; {{language}}!\n\n{{input}}\n"
)


def test_values_fill_every_place_and_defaults_the_rest() -> None:
    assert TRANSLATE.defaults == {"language": "French", "tone": None, "input": None}
    assert TRANSLATE.missing({}) == ("tone",)
    done = TRANSLATE.complete({"tone": "kindly", "input": "Good day"})
    assert done == "# Translate\n\nInto French, kindly; French!\n\nGood day"
    assert "German, ; German" in TRANSLATE.complete({"language": "German", "tone": ""})


def test_what_is_not_filled_in_stands_as_a_placeholder_with_its_default() -> None:
    filled = TRANSLATE.fill({"input": "Good day"})
    assert "Into {{language=French}}, {{tone}}; {{language=French}}!" in filled
    assert filled.endswith("Good day")


@pytest.mark.parametrize(
    "text", ["{{ spaced }}", "{{1st}}", "{{}}", "{one}", "{{a b}}", "{{a=b{c}}}", "{{a=b\nc}}"]
)
def test_other_braces_are_text(text: str) -> None:
    assert Snippet("x", text).complete({"spaced": "no", "a": "no", "one": "no"}) == text


def test_a_value_is_never_filled_in_itself() -> None:
    snippet = Snippet("x", "{{a}} {{b}}")
    assert snippet.complete({"a": "{{b}}", "b": "two"}) == "{{b}} two"


def test_an_input_without_a_place_comes_behind_the_text() -> None:
    assert Snippet("x", "Be brief.\n").complete({"input": "Why?"}) == "Be brief.\n\nWhy?"
    assert Snippet("x", "Be brief.\n").complete({}) == "Be brief."


def test_what_comes_from_elsewhere_may_have_a_default() -> None:
    snippet = Snippet("x", "{{selection=all of it}}/{{clipboard}}/{{input=ok}}")
    assert not snippet.missing({})
    assert snippet.complete({"selection": ""}) == "all of it//ok"
    assert snippet.fill({"selection": "this", "input": "so"}) == "this//so"


@pytest.mark.parametrize(
    ("typed", "values", "rest"),
    [
        ("tone=kind Good day", {"tone": "kind"}, "Good day"),
        ('tone="very kind" language=Dutch', {"tone": "very kind", "language": "Dutch"}, ""),
        ("Good tone=kind", {}, "Good tone=kind"),
        ("x=1 tone=kind", {}, "x=1 tone=kind"),
        ("tone= a\nb", {"tone": ""}, "a\nb"),
    ],
)
def test_values_stand_in_front_of_the_input(typed: str, values: dict[str, str], rest: str) -> None:
    assert TRANSLATE.split_values(typed) == (values, rest)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["language=", "tone="]),
        ("t", ["tone="]),
        ("language=French ", ["language=French tone="]),
        ("language=French to", ["language=French tone="]),
        ("language=", []),
        ("Good t", []),
        ("x", []),
    ],
)
def test_what_is_typed_may_go_on_as_a_variable_until_the_input_begins(
    typed: str, offered: list[str]
) -> None:
    snippet = Snippet("a", "{{language=Greek}} {{tone}} {{clipboard}} {{input}}")
    assert list(snippet.next_values(typed)) == offered
    assert snippet.next_values("")["language="] == "Greek"


def test_the_files_of_a_folder_are_snippets_and_others_are_told(tmp_path: Path) -> None:
    assert read_snippets(tmp_path / "none").snippets == {}
    for name, text in {
        "Review.md": b"\xef\xbb\xbf## Look\x1b[2J at it\r\nnow",
        "notes.txt": b"none",
        "two words.md": b"x",
        "empty.md": b" \n",
        "large.md": b"x" * (MAX_BYTES + 1),
    }.items():
        (tmp_path / name).write_bytes(text)
    (tmp_path / "folder.md").mkdir()
    found = read_snippets(tmp_path)
    assert list(found.snippets) == ["review"]
    assert "\x1b" not in found.snippets["review"].description
    assert found.snippets["review"].text == "## Look\x1b[2J at it\nnow"
    told = "\n".join(found.problems)
    for name in ("two words.md", "empty.md", "large.md", "folder.md"):
        assert name in told
    assert len(found.problems) == 4


def test_the_example_set_is_added_beside_what_is_there_and_once(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "snippets"
    folder.mkdir(parents=True)
    (folder / "Gist.MD").write_text("mine")
    added = add_examples(folder)
    assert set(added) == EXAMPLES.keys() - {"gist"}
    found = read_snippets(folder)
    assert not found.problems
    assert found.snippets["gist"].text == "mine"
    assert {name: each.text for name, each in found.snippets.items() if name != "gist"} == {
        name: f"{EXAMPLES[name]}\n" for name in added
    }
    assert not missing_examples(found.snippets)
    assert add_examples(folder) == ()
    assert {path.suffix.lower() for path in folder.iterdir()} == {".md"}


def test_an_example_set_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="cannot be written"):
        add_examples(tmp_path / "file")


def test_no_example_has_the_name_of_a_command_and_each_can_be_filled_in() -> None:
    taken = {name for command in COMMANDS for name in command.names}
    for name, text in EXAMPLES.items():
        assert f"/{name}" not in taken
        filled = Snippet(name, text).complete({"input": "what is given"})
        assert "what is given" in filled
        assert "{{" not in filled
