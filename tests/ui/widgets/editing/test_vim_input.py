"""Vim mode in the prompt: what is undone, shown and left to the program."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.keymap.vim import VIM_COMMANDS
from fakegpt_tui.ui.terminal.typed_keys import LayoutKey, key_name
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from tests.ui.running import reply, running
from tests.ui.widgets.editing.vim_keyboard import keys_of
from tests.ui.widgets.prompt_app import PromptApp

MARK = "[#1 photo.png]"


async def press(prompt: PromptInput, keys: str) -> None:
    """Press keys, one after the other, without waiting for the screen."""
    for key in keys_of(keys):
        typed = key if len(key) == 1 else None
        if typed and mode_of(prompt) == "INSERT":
            prompt.insert(typed)
            continue
        await prompt.on_key(events.Key(key_name(typed) if typed else key, typed))


def mode_of(prompt: PromptInput) -> str:
    return str(prompt.border_subtitle)


@asynccontextmanager
async def vim_prompt() -> AsyncIterator[tuple[PromptApp, Pilot[None]]]:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.prompt.editing = "vim"
        yield app, pilot


async def test_what_is_typed_in_insert_mode_is_undone_at_once() -> None:
    async with vim_prompt() as (app, pilot):
        prompt = app.prompt
        assert mode_of(prompt) == "INSERT"
        await pilot.press("escape", "i", *"one", "space", *"two", "ctrl+j", *"three", "escape")
        assert (prompt.text, prompt.cursor_location) == ("one two\nthree", (1, 4))
        await press(prompt, "u")
        assert prompt.text == ""
        await pilot.press("ctrl+r")
        assert prompt.text == "one two\nthree"
        await press(prompt, "ggcwx y z")
        await pilot.press("escape", "u")
        assert prompt.text == "one two\nthree"


async def test_a_selection_has_the_character_under_the_cursor() -> None:
    async with vim_prompt() as (app, pilot):
        prompt = app.prompt
        prompt.load_text("one two\nthree")
        await press(prompt, "<escape>ggwve")
        assert (mode_of(prompt), prompt.selected_text) == ("VISUAL", "two")
        await press(prompt, "V")
        assert (mode_of(prompt), prompt.selected_text) == ("VISUAL LINE", "one two")
        await pilot.press("escape")
        assert (mode_of(prompt), prompt.selected_text) == ("NORMAL", "")
        await pilot.press("shift+left", "shift+left")
        await pilot.pause()
        assert mode_of(prompt) == "VISUAL"
        await press(prompt, "<escape>ggi")
        await pilot.press("shift+right")
        assert (mode_of(prompt), prompt.selected_text) == ("INSERT", "o")


async def test_letters_of_another_layout_are_commands_but_are_searched_for_as_they_are() -> None:
    async with vim_prompt() as (app, _):
        prompt = app.prompt
        prompt.load_text("a д е")
        await press(prompt, "<escape>$")
        await prompt.on_key(LayoutKey("р", "р", "0"))
        assert prompt.cursor_location == (0, 0)
        await press(prompt, "f")
        await prompt.on_key(LayoutKey("д", "д", "l"))
        assert prompt.cursor_location == (0, 2)


async def test_marks_go_whole_and_enter_sends_from_normal_mode_too() -> None:
    async with vim_prompt() as (app, pilot):
        prompt = app.prompt
        prompt.marks = [MARK]
        prompt.load_text(f"see {MARK} there")
        await pilot.press("escape", "home", "w", "right", "right", "x")
        assert prompt.text == "see  there"
        prompt.load_draft("see\n  there", (0, 0))
        await pilot.press("escape", "ctrl+j")
        assert (prompt.text, prompt.cursor_location) == ("see\n  there", (1, 2))
        await pilot.press("enter")
        await pilot.pause()
        assert "submitted 'see\\n  there'" in app.heard
        assert mode_of(prompt) == "INSERT"


async def test_undo_brings_every_text_back_and_redo_the_last_one() -> None:
    chance = random.Random(5)
    pressed = [
        keys.split()
        for each in VIM_COMMANDS
        if each.action not in {"undo", "redo", "repeat", "slash", "register"}
        for keys in each.keys.split(",")
    ]
    async with vim_prompt() as (app, pilot):
        prompt = app.prompt
        for _ in range(12):
            text = "".join(chance.choices('aB .,(){}"\n\n 中👍🏽e\u0301', k=30))
            prompt.load_draft(text, (0, 0))
            await press(prompt, "<escape>")
            before, texts = prompt.text, [prompt.text]
            for keys in chance.choices(pressed, k=12):
                for key in (*keys, "a"):
                    await press(prompt, key if len(key) == 1 else f"<{key}>")
                await press(prompt, "<escape><escape>")
                texts.append(prompt.text)
            last = prompt.text
            await press(prompt, "60u")
            assert prompt.text == before, texts
            for _ in range(60):
                prompt.redo()
            assert prompt.text == last, texts
        await pilot.pause()


async def test_escape_leaves_insert_mode_before_it_stops_a_reply() -> None:
    gate = Gate()
    async with running(reply("first"), reply("second", gate=gate), values={"editing": "vim"}) as it:
        await it.pilot.press(*"one", "enter")
        await it.until(lambda: len(it.path) > 1 and it.path[-1].text == "first")
        await it.see("INSERT")

        # Up on the first line brings the prompt back, and so does k.
        await it.pilot.press(*"two", "escape")
        await it.see("NORMAL")
        await it.pilot.press("k")
        await it.until(lambda: it.prompt.text == "one")
        await it.pilot.press("j")
        await it.until(lambda: it.prompt.text == "two")

        # A slash begins a command where nothing is typed, and esc closes its list first.
        await it.pilot.press("d", "d", "slash", *"sett")
        await it.see("/settings")
        await it.pilot.press("escape")
        await it.see("INSERT")
        await it.pilot.press("escape")
        await it.see("NORMAL")

        await it.pilot.press("c", "c", *"two", "enter")
        await it.see("second")
        await it.pilot.press("escape")
        await it.see("NORMAL")
        assert it.chat.active_turns.of(it.list.current)
        await it.pilot.press("escape")
        await it.see("The reply is stopped")
        await it.pilot.press("question_mark", "z", "Z", "ctrl+f")
        assert it.prompt.text == ""
