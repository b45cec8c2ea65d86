"""Keys of readline in the prompt, and the table in which they can be changed."""

import random

import pytest

from fakegpt_tui.keymap.readline import EDITING_COMMANDS, editing_keys
from fakegpt_tui.ui.bindings import validate_keys
from fakegpt_tui.ui.graphemes import nearest_boundary
from fakegpt_tui.ui.widgets.editing.operators import EditState
from fakegpt_tui.ui.widgets.editing.readline import (
    KILLS,
    change_word,
    kill_range,
    transpose,
    transpose_words,
)
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from tests.ui.widgets.prompt_app import PromptApp

MARK = "[#1 photo.png]"
CHARACTERS = ("a", "B", " ", ".", "\n", "中", "👍🏽", "e\u0301")


def edited(name: str, text: str, marks: tuple[str, ...] = ()) -> str:
    """What an edit makes of a text, in which `|` is the cursor."""
    state = EditState(text.replace("|", "", 1), text.index("|"))
    if name in KILLS or name == "kill_line":
        found = kill_range(name, state, marks, None)
        left = state.text[: found.start] + state.text[found.end :]
        state = EditState(left, found.start)
    elif name == "transpose":
        state = transpose(state, marks)
    elif name == "transpose_words":
        state = transpose_words(state, marks)
    else:
        state = change_word(name, state, marks)
    return f"{state.text[: state.cursor]}|{state.text[state.cursor :]}"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("kill_to_end", "one |two\nthree", "one |\nthree"),
        ("kill_to_end", "one|\ntwo", "one|two"),
        ("kill_to_start", "one\ntwo |three", "one\n|three"),
        ("kill_to_start", "one\n|two", "one|two"),
        ("kill_line", "one\nt|wo\nthree", "one\n|three"),
        ("kill_word_left", "one two.three|", "one two.|"),
        ("kill_word_left", "one two. |", "one |"),
        ("kill_big_word_left", "one two.three |", "one |"),
        ("kill_word_right", "|one two", "| two"),
        ("kill_word_right", "one|, two!", "one|!"),
        ("transpose", "ab|cd", "acb|d"),
        ("transpose", "abcd|", "abdc|"),
        ("transpose", "a👍🏽|e\u0301", "ae\u0301👍🏽|"),
        ("transpose", "one\n|two", "one\n|two"),
        ("transpose", "a|", "a|"),
        ("transpose_words", "one t|wo three", "two one| three"),
        ("transpose_words", "one, two|", "two, one|"),
        ("transpose_words", "one two |!", "two one| !"),
        ("transpose_words", "one|", "one|"),
        ("upper", "one t|wo three", "one tWO| three"),
        ("upper", "one| straße", "one STRAßE|"),
        ("lower", "|ONE TWO", "one| TWO"),
        ("capitalize", "one| tWO", "one Two|"),
        ("capitalize", "|", "|"),
    ],
)
def test_edits_do_what_they_do_in_a_shell(name: str, text: str, expected: str) -> None:
    assert edited(name, text) == expected


def test_edits_leave_whole_characters_and_whole_marks() -> None:
    chance = random.Random(3)
    names = [*KILLS, "kill_line", "transpose", "transpose_words", "upper", "lower", "capitalize"]
    for _ in range(60):
        text = "".join(parts := chance.choices(CHARACTERS, k=12))
        at = len("".join(parts[: chance.randint(0, 12)]))
        marked = f"{text[:at]}{MARK}{text[at:]}"
        place = chance.choice([at, at + len(MARK), at + 4])
        for name in names:
            shown = edited(name, f"{marked[:place]}|{marked[place:]}", (MARK,))
            whole, cursor = shown.replace("|", "", 1), shown.index("|")
            assert MARK in whole or "photo" not in whole, (name, marked, place)
            line = whole.rfind("\n", 0, cursor) + 1
            assert nearest_boundary(whole[line:], cursor - line) == cursor - line


async def test_what_is_killed_is_yanked_and_the_ring_turns() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        prompt = app.prompt
        prompt.insert("one two three four")
        # Kills one after the other are one text, whichever way they go.
        await pilot.press("ctrl+w", "ctrl+w", "home", "alt+d", "ctrl+y")
        assert prompt.text == "one two "
        await pilot.press("end", "ctrl+y", "alt+y")
        assert prompt.text == "one two three four"
        await pilot.press("alt+y", "ctrl+z")
        assert prompt.text == "one two three four"
        # Only right after a yank does the ring turn.
        await pilot.press("left", "alt+y", "end", "ctrl+u", "x", "ctrl+k", "ctrl+y")
        assert prompt.text == "xone two three four"
        await pilot.press("ctrl+underscore")
        assert prompt.text == "x"
        await pilot.press("alt+z")
        assert prompt.text == "xone two three four"
        await pilot.press("shift+home", "ctrl+k", *"ab", "alt+x", "ctrl+a", "alt+shift+u")
        assert prompt.text == "BA"


async def test_each_key_of_the_table_can_be_changed_or_taken_for_something_else() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        prompt = app.prompt
        prompt.insert("one two")
        prompt.changed_keys = {
            "edit.transpose": "ctrl+t",
            "edit.kill-word-left": "",
            "edit.up": "f12",
        }
        await pilot.press("ctrl+t", "ctrl+w")
        assert prompt.text == "one tow"
        prompt.earlier_prompts = ("before",)
        await pilot.press("f12")
        assert prompt.text == "before"


def test_a_key_that_is_given_to_another_command_edits_no_more() -> None:
    assert editing_keys({})["ctrl+k"] == "readline('kill_to_end')"
    assert "ctrl+k" not in editing_keys({"chat.new": "f4, ctrl+k"})
    assert "ctrl+k" in editing_keys({"message.edit": "ctrl+k"})
    assert editing_keys({"chat.new": "ctrl+k", "edit.up": "ctrl+k"})["ctrl+k"] == "cursor_up"


def test_no_key_of_the_prompt_is_in_the_table_twice() -> None:
    keys = [key for each in EDITING_COMMANDS for key in each.keys.split(",")]
    assert len(set(keys)) == len(keys)
    assert validate_keys({each.id: each.keys for each in EDITING_COMMANDS}) == []
    actions = {action.partition("(")[0] for action in editing_keys({}).values()}
    assert not [each for each in actions if not hasattr(PromptInput, f"action_{each}")]
    given = validate_keys({"edit.up": "ctrl+k", "edit.down": "ctrl+r"})
    assert "ctrl+k is given to both edit.up and edit.kill-to-end." in given
    assert "ctrl+r is given to both prompt.history and edit.down." in given
