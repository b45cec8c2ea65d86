"""What all dialogs have in common: one frame at one place, with keys at its foot."""

from functools import partial

import pytest
from textual.widget import Widget
from textual.widgets import OptionList

from fakegpt_tui.ui.dialogs import Choice, key_rows
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.screens.chat import ChatScreen
from tests.ui.dialog_scenes import DIALOGS
from tests.ui.running import reply, running

KEYS = ("f1", "f6", "ctrl+o", "ctrl+p", "alt+g", "alt+i")


async def test_every_dialog_has_its_frame_at_the_same_place() -> None:
    async with running(reply("SECRET words"), size=(120, 40)) as it:
        await it.ask("question")
        await it.see("SECRET words")
        places = set()
        for key in KEYS:
            await it.pilot.press(key)
            await it.until(lambda: not isinstance(it.app.screen, ChatScreen))
            await it.until(lambda: bool(it.app.screen.query(".dialog")))
            (frame,) = it.app.screen.query(".dialog")
            await it.until(lambda frame=frame: "esc" in str(frame.border_subtitle))
            assert frame.border_title
            assert "—" not in str(frame.border_title)
            places.add((frame.region.x, frame.region.y, frame.region.width))
            assert "SECRET" not in it.text, "nothing of the screen behind is beside it"
            await it.pilot.press("escape")
            await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        assert len(places) == 1


async def test_every_dialog_is_whole_and_at_its_place_on_a_small_screen() -> None:
    async with running(size=(25, 6)) as it:
        for make in DIALOGS.values():
            await it.app.push_screen(make())
            # A picture has all of the screen, and no frame.
            for frame in it.app.screen.query(".dialog"):
                await it.until(partial(is_whole, frame))
            await it.app.pop_screen()
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))


def is_whole(frame: Widget) -> bool:
    """Is a frame at its place, with something in it and the key that leaves it?"""
    place = (frame.region.x, frame.region.y, frame.region.width)
    is_inside = frame.screen.region.contains_region(frame.region) and frame.size.height > 0
    return place == (0, 0, 24) and is_inside and "esc" in str(frame.border_subtitle)


@pytest.mark.parametrize(
    ("width", "most", "shown"),
    [
        (40, 1, ["enter open · d remove · esc close"]),
        (32, 1, ["enter open, d remove, esc close"]),
        (30, 1, ["enter open, F1 keys, esc close"]),
        (30, 2, ["enter open · d remove", "esc close"]),
        (19, 1, ["F1 keys, esc close"]),
        (19, 3, ["enter open", "d remove, esc close"]),
        (9, 1, ["esc close"]),
    ],
)
def test_keys_without_room_stand_in_another_row_or_behind_a_key(
    width: int, most: int, shown: list[str]
) -> None:
    assert key_rows("enter open · d remove · esc close", width, most) == shown


async def test_all_keys_of_a_dialog_are_told_at_every_size() -> None:
    keys = "enter use, F4 add, F2 edit, F9 remove, F5 test, F3 star, alt+enter here, esc close"
    async with running(size=(60, 20)) as it:
        await it.pilot.press("f6")
        for size, hidden in (((60, 20), False), ((25, 6), True)):
            await it.pilot.resize_terminal(*size)
            await it.until(lambda hidden=hidden: ("F1 keys" in it.text) == hidden)
            await it.pilot.press(*["f1"] * hidden)
            for key in keys.split(", "):
                await it.see(key)
        await it.pilot.press("f1")
        await it.see("F1 keys, esc close")
        # Where none is hidden, that key does nothing.
        await it.pilot.resize_terminal(60, 20)
        await it.pilot.press("f1")
        await it.pilot.resize_terminal(25, 6)
        await it.see("F1 keys, esc close")
        await it.pilot.press("escape")
        await it.app.push_screen(DIALOGS["picture"]())
        await it.pilot.press("f1")
        for key in ("n N others", "o open", "s save", "c copy path", "arrows move", "esc close"):
            await it.see(key)


async def test_page_keys_do_nothing_in_a_list_without_rows_on_the_screen() -> None:
    async with running() as it:
        for key in ("f6", "ctrl+p"):
            await it.pilot.press(key)
            await it.until(lambda: bool(it.app.screen.query(OptionList)))
            options = it.app.screen.query_one(OptionList)
            await it.until(lambda options=options: options.option_count > 0)
            options.styles.height = options.styles.min_height = options.styles.max_height = 0
            options.focus()
            await it.until(lambda options=options: options.region.height == 0)
            options.set_options(list(options.options))
            options.highlighted = 0
            await it.pilot.press("pagedown", "pageup", "escape")
            await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        assert it.app.crash is None


@pytest.mark.parametrize(("height", "rows"), [(20, 3), (24, 5), (34, 16), (44, 16)])
async def test_a_higher_screen_never_shows_fewer_themes(height: int, rows: int) -> None:
    names = [str(number) for number in range(30)]
    async with running(size=(80, height)) as it:
        it.app.push_screen(
            PickScreen("Theme", [Choice(each, each) for each in names], preview=bool)
        )
        await it.see("How does it look?")
        await it.until(lambda: it.app.screen.query_one(OptionList).size.height == rows)
