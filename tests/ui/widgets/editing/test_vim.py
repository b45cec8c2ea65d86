"""The vim engine: from a text, a cursor and keys to a text and a cursor."""

import random

import pytest

from fakegpt_tui.keymap.vim import VIM_COMMANDS
from fakegpt_tui.ui.bindings import validate_keys
from fakegpt_tui.ui.graphemes import nearest_boundary
from fakegpt_tui.ui.widgets.editing import motions, text_objects
from fakegpt_tui.ui.widgets.editing.operators import EditState
from fakegpt_tui.ui.widgets.editing.vim import Vim
from fakegpt_tui.ui.widgets.editing.vim_state import Request, VimMode, Wanted
from tests.ui.widgets.editing.vim_keyboard import CASES, VimKeyboard

LETTERS = "aB _.,()[]{}<>\"'`\n\n  äß中文かな👩\u200d💻👍🏽e\u0301🇦🇺"
MARK = "[#1 photo.png]"


def some_text(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randint(0, 40)))


def is_whole(text: str, at: int) -> bool:
    """Is a place in the text, and not inside of a character?"""
    line = text.rfind("\n", 0, max(at, 0)) + 1
    return 0 <= at <= len(text) and nearest_boundary(text[line:], at - line) == at - line


@pytest.mark.parametrize(("text", "keys", "expected"), CASES)
def test_keys_do_what_they_do_in_vim(text: str, keys: str, expected: str) -> None:
    keyboard = VimKeyboard(text).press(keys)
    assert keyboard.shown == expected
    assert keyboard.vim.mode is VimMode.NORMAL


def test_motions_and_objects_stay_in_the_text_and_between_characters() -> None:
    chance = random.Random(4)
    for _ in range(120):
        text, count = some_text(chance), chance.randint(1, 4)
        at = text_objects.last_in(text, text_objects.TextRange(0, chance.randint(0, len(text))))
        for name, (motion, _span) in motions.MOTIONS.items():
            place = motion(text, at, count)
            assert place is None or is_whole(text, place), (name, text, at, count)
        for name, find in text_objects.OBJECTS.items():
            found = find(text, at, count, chance.random() < 0.5)
            if found is not None:
                assert is_whole(text, found.start), (name, text, at, count)
                assert is_whole(text, found.end), (name, text, at, count)
                assert found.start <= found.end


def test_no_keys_leave_the_text_or_stop_inside_of_a_character() -> None:
    chance = random.Random(7)
    pressed = [
        keys for each in VIM_COMMANDS for keys in each.keys.split(",") if each.action != "leave"
    ]
    for _ in range(60):
        vim = Vim({})
        vim.mode = VimMode.NORMAL
        state = EditState(some_text(chance), 0)
        for keys in chance.choices(pressed, k=12):
            for key in (*chance.choice(["", "", "2"]), *keys.split(), "a"):
                before = state
                state = vim.press(key, state)
                if vim.mode is VimMode.INSERT:
                    state = vim.press("escape", state)
                assert is_whole(state.text, state.cursor), (before, keys)
            vim.requests.clear()


def test_what_was_deleted_can_be_put_back_where_it_was() -> None:
    chance = random.Random(11)
    motions_of_words = ("w", "e", "b", "W", "E", "B", "2w", "fa", "$", "0")
    for _ in range(100):
        text = some_text(chance).replace("\n", " ") + "a b"
        keyboard = VimKeyboard(f"{text[:2]}x|{text[2:]}")
        before = keyboard.state.text
        keyboard.press(f"d{chance.choice(motions_of_words)}")
        taken = keyboard.vim.registers.get("")
        if taken is not None:
            at = next(
                (
                    place
                    for place in range(len(before) + 1)
                    if before
                    == keyboard.state.text[:place] + taken.text + keyboard.state.text[place:]
                ),
                None,
            )
            assert at is not None, (before, keyboard.state.text, taken)


def test_a_mark_is_deleted_whole_and_changed_by_nothing_else() -> None:
    text = f"see {MARK[:5]}|{MARK[5:]} there"
    for keys in ("x", "dw", "D", "dW", "dt.", "vd", "cwx<escape>"):
        shown = VimKeyboard(text, [MARK]).press(keys).state.text
        assert "photo" not in shown
        assert "[#1" not in shown
    for keys in ("gUU", "g~iw", "~", "rx", "VU", "vrx"):
        assert MARK in VimKeyboard(text, [MARK]).press(keys).state.text
    assert VimKeyboard(text, [MARK]).press("gUU").state.text == f"SEE {MARK} THERE"


def test_the_history_and_the_clipboard_are_asked_of_others() -> None:
    keyboard = VimKeyboard("one\n|two").press('2u"+yy"+3pjk')
    told = keyboard.vim.requests
    assert told == [
        Request(Wanted.UNDO, count=2),
        Request(Wanted.COPY, "two\n"),
        Request(Wanted.PUT, "two\n", 3),
        Request(Wanted.LATER),
    ]
    assert VimKeyboard("|one").press("k").vim.requests == [Request(Wanted.EARLIER)]
    assert not VimKeyboard("|one").press("2kdkvk").vim.requests


def test_the_mode_and_the_keys_of_a_command_under_way_are_shown() -> None:
    keyboard = VimKeyboard("|one two")
    steps = {
        "2": "NORMAL 2",
        '"': 'NORMAL 2"',
        "a": 'NORMAL 2"a',
        "d": 'NORMAL 2"ad',
        "i": 'NORMAL 2"adi',
        "<escape>": "NORMAL",
        "v": "VISUAL",
        "V": "VISUAL LINE",
        "c": "INSERT",
    }
    assert {keys: keyboard.press(keys).vim.shown for keys in steps} == steps


def test_a_count_has_a_limit() -> None:
    assert VimKeyboard("|one\ntwo").press("9" * 5000 + "j").shown == "one\n|two"
    assert len(VimKeyboard("|a").press("x99999999999p").state.text) == 9999


def test_escape_is_left_to_the_program_where_nothing_is_begun() -> None:
    keyboard = VimKeyboard("|one")
    assert not keyboard.vim.takes("escape")
    for keys in ("2", "d", "f", "v", "i", '"', "g"):
        keyboard.press(keys)
        assert keyboard.vim.takes("escape"), keys
        keyboard.press("<escape>")
        assert not keyboard.vim.takes("escape"), keys


def test_keys_can_be_changed_and_are_judged() -> None:
    vim = Vim({"vim.undo": "U", "vim.word": "g n", "vim.left": ""})
    vim.mode = VimMode.NORMAL
    state = EditState("one two", 0)
    for key in ("g", "n", "U", "u", "w"):
        state = vim.press(key, state)
    assert (state.cursor, vim.requests) == (4, [Request(Wanted.UNDO)])
    assert validate_keys({"vim.undo": "U", "vim.word": "g n", "vim.left": ""}) == []


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"vim.undo": "w"}, "given to vim.word, cannot be told from keys of vim.undo"),
        ({"vim.undo": "g"}, "given to vim.first-line, cannot be told from keys of vim.undo"),
        ({"vim.undo": "3"}, "given to vim.undo, begins a count"),
        ({"vim.leave": "j k"}, "given to vim.leave, is typed in insert mode"),
        ({"vim.undo": "bananas"}, "given to vim.undo, is not the name of a key"),
        ({"vim.undon": "U"}, "There is no command 'vim.undon'"),
    ],
)
def test_keys_that_cannot_be_are_refused_with_a_reason(keys: dict[str, str], problem: str) -> None:
    assert any(problem in each for each in validate_keys(keys))


def test_the_table_itself_has_no_conflict() -> None:
    assert validate_keys({each.id: each.keys for each in VIM_COMMANDS}) == []
