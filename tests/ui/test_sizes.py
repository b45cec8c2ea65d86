"""Sizes of the terminal, from the least that is drawn on."""

from functools import partial

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.ui.dialogs.generation import GenerationScreen
from fakegpt_tui.ui.widgets.key_footer import KeyFooter
from tests.ui.running import FakeMemory, Running, reply, running


async def test_every_size_that_is_not_refused_shows_what_is_typed() -> None:
    """Whatever stands above the prompt: what waits to be sent, and commands that fit."""
    async with running(reply("word " * 300, gate=Gate())) as it:
        await it.ask("first")
        await it.see("word")
        for waiting in ("second", "third", "fourth"):
            await it.ask(waiting)
        await it.until(lambda: len(it.queued) == 3)
        for typed in ("/th", "1\n2\n3\n4\n5\nlast"):
            it.prompt.text = typed
            it.prompt.move_cursor(it.prompt.document.end)
            for size in ((20, 5), (40, 6), (80, 7), (60, 9), (20, 10), (30, 12), (80, 24), (80, 5)):
                await it.pilot.resize_terminal(*size)
                await it.until(partial(shows_line, it, typed.splitlines()[-1]), lambda: it.text)


async def test_a_field_of_a_long_form_stays_in_view_in_a_smaller_window() -> None:
    async with running(size=(80, 40)) as it:
        await it.pilot.press("alt+g")
        await it.until(lambda: isinstance(it.app.screen, GenerationScreen))
        await it.pilot.press("tab", "tab", *f"0.{'1' * 24}27")
        await it.see("127")
        for size in ((20, 5), (60, 10), (40, 7), (25, 6)):
            await it.pilot.resize_terminal(*size)
            await it.see("127")
        # Where there is no room for a value beside a name, it stands below the whole of it.
        assert "top_p  " in it.text


def shows_line(it: Running, wanted: str) -> bool:
    return any(line.strip(" │") == wanted for line in it.text.splitlines())


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (20, 5), (19, 4), (2, 2), (1, 1)])
async def test_every_size_is_drawn(size: tuple[int, int]) -> None:
    async with running(reply("| a | b |\n|--|--|\n| c | d |\n\n- x"), size=size) as it:
        await it.ask("hi")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.resize_terminal(100, 30)
        await it.see("You")


async def test_a_list_over_a_narrow_screen_is_for_that_screen_alone() -> None:
    memory = FakeMemory(list="shown")
    async with running(reply("one"), memory=memory, size=(60, 20)) as it:
        await it.ask("question")
        await it.see("Assistant")
        assert not it.list.display
        # It covers the conversation, has the keys, and goes with them.
        for leave in ("ctrl+t", "escape", "tab", "enter"):
            await it.pilot.press("ctrl+t")
            await it.until(lambda: it.app.focused is it.list and "Assistant" not in it.text)
            assert it.list.outer_size.width == 60
            await it.pilot.press(leave)
            await it.until(lambda: it.app.focused is it.prompt and not it.list.display)
        assert memory.values == {"list": "shown"}
        # Nor does one of a wide screen lie over the text once the screen is narrow.
        await it.pilot.resize_terminal(100, 20)
        await it.pilot.press("alt+l")
        await it.until(lambda: it.app.focused is it.list)
        await it.pilot.resize_terminal(60, 20)
        await it.until(lambda: not it.list.display and it.app.focused is it.prompt)


async def test_a_low_screen_has_no_footer() -> None:
    async with running(size=(100, 10)) as it:
        assert not it.app.screen.query_one(KeyFooter).display


@pytest.mark.parametrize("size", [(15, 3), (19, 30), (100, 4), (1, 1)])
async def test_the_prompt_has_the_focus_again_after_a_window_that_was_too_small(
    size: tuple[int, int],
) -> None:
    async with running() as it:
        await it.pilot.press("a")
        await it.pilot.resize_terminal(*size)
        await it.pilot.pause()
        await it.pilot.resize_terminal(80, 24)
        await it.pilot.pause()
        await it.pilot.press("b")
        await it.until(lambda: it.prompt.text == "ab")


async def test_the_prompt_grows_to_a_third_of_the_screen() -> None:
    async with running(size=(100, 30)) as it:
        least = it.prompt.size.height
        it.prompt.insert("\n".join(map(str, range(50))))
        await it.pilot.pause()
        assert least < it.prompt.size.height <= 10
