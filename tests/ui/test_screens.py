"""Screens look as they did, in both themes and at two sizes.

All that is on them can be read, and what can be clicked can be reached by key.

`python -m tests.ui.test_screens [DIALOG …]` writes what is expected anew, of all screens or of some
dialogs; look at what has changed.
"""

import asyncio
import re
import sys
import unicodedata
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from fakegpt_tui import __version__
from fakegpt_tui.ui.themes import DARK, LIGHT
from tests.ui.dialog_scenes import DIALOGS
from tests.ui.running import Running
from tests.ui.scenes import play, start
from tests.ui.test_themes import wcag_contrast
from tests.ui.ways import IN_SCENES, unreachable

FOLDER = Path(__file__).parent / "screens"
SIZES = ((120, 40), (80, 24))
THEMES = {"dark": DARK.name, "light": LIGHT.name}
_SETTLED = 0.5
"""Seconds without a change after which a screen is written; a test waits for what was written."""
_SPINNER = str.maketrans(dict.fromkeys("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "⠋") | dict.fromkeys("▁▂▃▄▅▆▇", "▄"))
"""Signs that turn, and the ends of scroll bars, which follow in steps what is laid out."""
_VOLATILE = re.compile(
    r"\d+ \w{3} (?:\d\d:\d\d|\d{4})|(?<= )\d\d:\d\d|~\d+ tok/s|\b\d+(?:\.\d)? s\b"
)
"""What differs from run to run where something is sent: times, and how fast it goes."""


def rows(it: Running) -> list[list[Segment]]:
    strips = it.app.screen._compositor.render_strips()  # noqa: SLF001 - Textual has no public way
    return [list(strip.simplify()) for strip in strips]


def look(style: Style | None) -> str:
    """The colours and attributes of a style, as they are seen."""
    style = style or Style.null()
    flags = [
        name
        for name in ("bold", "italic", "underline", "strike", "reverse")
        if getattr(style, name)
    ]
    colours = [each.name if each else "-" for each in (style.color, style.bgcolor)]
    return " ".join([*colours, *flags])


def drawn(it: Running) -> str:
    """The screen as text, and below it how each part of each row looks."""
    names: dict[str, str] = {}
    text, runs = [], []
    for line in rows(it):
        words = "".join(segment.text for segment in line).translate(_SPINNER).rstrip()
        shown = _VOLATILE.sub("…", words)
        is_fixed = shown == words
        parts = []
        for segment in line:
            name = names.setdefault(look(segment.style), f"{len(names)}")
            parts.append(f"{name}×{len(segment.text)}" if is_fixed else name)
        text.append(shown if is_fixed else " ".join(shown.split()))
        runs.append(" ".join(parts))
    legend = [f"{name}: {style}" for style, name in names.items()]
    return "\n".join([*text, "", *runs, "", *legend, ""]).replace(__version__, "VERSION")


def path_of(name: str, size: tuple[int, int], theme: str) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}-{theme}.txt"


def too_close(it: Running) -> Iterator[str]:
    """What is written in colours that are too close to each other."""
    for number, line in enumerate(rows(it)):
        for segment in line:
            style = segment.style
            if style is None or style.color is None or style.bgcolor is None:
                continue
            ink, paper = (Color.from_rich_color(each) for each in (style.color, style.bgcolor))
            if style.reverse:
                ink, paper = paper, ink
            # All else are frames, bars, signs and bullets.
            is_text = any(unicodedata.category(each)[0] in "LN" for each in segment.text)
            least = 4.5 if is_text else 3
            contrast = wcag_contrast(ink, paper)
            if segment.text.strip() and contrast < least:
                yield f"row {number}: {segment.text.strip()!r} {look(style)} {contrast:.2f}"


async def see_expected(it: Running, name: str, size: tuple[int, int], theme: str) -> None:
    """Wait until the screen looks as it is to look."""
    expected = path_of(name, size, theme).read_text(encoding="utf-8")
    await it.until(
        lambda: drawn(it) == expected,
        lambda: f"{name}: python -m tests.ui.test_screens writes it anew\n{it.text}",
    )


async def play_dialogs(it: Running, wanted: Collection[str] = DIALOGS) -> AsyncIterator[str]:
    """Each dialog by its name, while it is on the screen."""
    for name in wanted:
        await it.app.push_screen(DIALOGS[name]())
        yield name
        await it.app.pop_screen()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
async def test_the_screens_look_as_they_did(size: tuple[int, int], theme: str) -> None:
    seen = set()
    async with start(size, THEMES[theme]) as it:
        async for name in play(it):
            await see_expected(it, name, size, theme)
            assert list(too_close(it)) == [], name
            assert list(unreachable(it.app.screen)) == [], name
            seen.add(type(it.app.screen).__name__)
    assert seen == IN_SCENES


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
async def test_the_dialogs_look_as_they_did(size: tuple[int, int], theme: str) -> None:
    async with start(size, THEMES[theme]) as it:
        async for name in play_dialogs(it):
            await see_expected(it, name, size, theme)
            assert list(too_close(it)) == [], name


async def test_dialogs_fit_other_sizes_and_leave_the_prompt_as_it_was() -> None:
    async with start((40, 12), DARK.name) as it:
        await it.pilot.press(*"words")
        for size in ((40, 12), (25, 6), (60, 20), (200, 60)):
            await it.pilot.resize_terminal(*size)
            await it.pilot.press("f6")
            await it.see("Services")
            await it.pilot.press("escape", "ctrl+p")
            await it.see("Commands")
            await it.pilot.press("escape")
            await it.until(lambda: it.prompt.text == "words" and "words" in it.text)


async def write_all(wanted: Sequence[str]) -> None:
    dialogs = partial(play_dialogs, wanted=wanted or DIALOGS)
    plays = (dialogs,) if wanted else (play, dialogs)
    for size, theme, scenes in product(SIZES, THEMES, plays):
        async with start(size, THEMES[theme]) as it:
            async for name in scenes(it):
                before = ""
                while before != (before := drawn(it)):
                    await it.pilot.pause(_SETTLED)
                path_of(name, size, theme).write_text(drawn(it), encoding="utf-8")
                for problem in too_close(it):
                    sys.stderr.write(f"{name} {size} {theme}: {problem}\n")


if __name__ == "__main__":
    asyncio.run(write_all(sys.argv[1:]))
