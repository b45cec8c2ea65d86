"""Themes follow the terminal's background and theme files, and may be transparent."""

import os
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.ui.messages import ApplySetting
from fakegpt_tui.ui.terminal.input_parser import BackgroundReported, TolerantParser, parse_answer
from fakegpt_tui.ui.terminal.line_filters import TransparentFilter
from fakegpt_tui.ui.theme_files import load_theme
from fakegpt_tui.ui.themes import DARK, LIGHT, theme_files, theme_name, theme_names
from tests.ui.running import FakeMemory, reply, running

OWN = 'primary = "#ff8800"\nbackground = "#101010"\n'


def reported(data: str) -> list[bool]:
    messages = TolerantParser().feed(data)
    return [each.is_light for each in messages if isinstance(each, BackgroundReported)]


@pytest.mark.parametrize(
    ("data", "is_light"),
    [
        ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", True),
        ("\x1b]11;rgb:0000/0000/0000\x07", False),
        ("\x1b]11;rgb:fd/f6/e3\x1b\\", True),
        ("\x1b]11;rgba:1e1e/1e1e/2e2e/ffff\x1b\\", False),
        ("\x1b[?997;1n", False),
        ("\x1b[?997;2n", True),
    ],
)
def test_what_a_terminal_tells_of_its_background_is_understood(data: str, is_light: bool) -> None:
    assert reported(data) == [is_light]
    assert reported("a" + data[:4]) == []


@pytest.mark.parametrize(
    "data", ["\x1b]11;?\x1b\\", "\x1b]11;rgb:xx/00/00\x1b\\", "\x1b]10;rgb:0/0/0\x07"]
)
def test_what_tells_nothing_of_it_is_dropped(data: str) -> None:
    assert list(TolerantParser().feed(data)) == []
    assert parse_answer("\x1b[?997;3n") is None


async def test_the_theme_follows_the_terminals_background_and_the_next_start_begins_so() -> None:
    memory = FakeMemory()
    async with running(memory=memory) as it:
        assert it.app.theme == DARK.name
        it.app.post_message(BackgroundReported(is_light=True))
        await it.until(lambda: it.app.theme == LIGHT.name)
        await it.until(lambda: memory.get("background") == "light")
        it.app.post_message(ApplySetting("theme", "dark"))
        await it.until(lambda: it.app.theme == DARK.name)
        it.app.post_message(BackgroundReported(is_light=False))
        it.app.post_message(BackgroundReported(is_light=True))
        await it.until(lambda: memory.get("background") == "light")
        assert it.app.theme == DARK.name  # that was chosen
        it.app.post_message(ApplySetting("theme", "auto"))
        await it.until(lambda: it.app.theme == LIGHT.name)
    async with running(memory=memory) as it:
        assert it.app.theme == LIGHT.name


async def test_an_own_theme_is_shown_as_its_file_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    async with running(theme="mine", theme_files=theme_files(tmp_path)) as it:
        assert it.app.theme == "mine"

        def background() -> Color:
            return Color.parse(it.app.theme_variables["background"])

        assert background() == Color.parse("#101010")
        path.write_text('primary = "#ff8800"\nbackground = "no colour"\n')
        os.utime(path, (1, 1))
        path.write_text(OWN.replace("#101010", "#202020"))
        os.utime(path, (2, 2))
        await it.until(lambda: background() == Color.parse("#202020"))
        it.app.post_message(ApplySetting("theme", "dark"))
        await it.until(lambda: it.app.theme == DARK.name)
        await it.app._themes._look()  # noqa: SLF001 - as a tick that was due before does


async def test_an_own_theme_with_a_mistake_is_told_and_the_usual_one_is_used(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.toml").write_text('primary = "#ff8800"\nbackgruond = "#101010"\n')
    async with running(theme="mine", theme_files=theme_files(tmp_path), size=(200, 30)) as it:
        await it.see("`backgruond`")
        assert it.app.theme != "mine"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("primary = 3", "no text for `primary`"),
        ("", "no colour `primary`"),
        ('primary = "reddish"', "a colour is like"),
        ('primary = "#fff"\ndark = "yes"', "neither true nor false"),
        ('primary = "#fff"\nvariables = 3', "no table"),
        ("primary", "is no TOML"),
    ],
)
def test_a_theme_file_with_a_mistake_says_which(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.toml") as caught:
        load_theme(path)
    assert said in str(caught.value)


def test_a_folder_without_themes_has_none(tmp_path: Path) -> None:
    assert theme_files(tmp_path / "missing") == {}
    (tmp_path / "notes.txt").write_text("")
    assert theme_files(tmp_path) == {}


def test_themes_that_suit_everybodys_eyes_have_names() -> None:
    names = theme_names(["mine"])
    assert names[:4] == ["mine", "auto", "dark", "light"]
    assert {"high-contrast", "high-contrast-light", "colour-blind", "colour-blind-light"} < {*names}
    assert theme_name("auto", is_light=True) == theme_name("light")


def test_a_transparent_background_is_left_to_the_terminal() -> None:
    seen_through = TransparentFilter(frozenset({"#16181f"}))
    ground, other = Style.parse("bold red on #16181f"), Style.parse("on #262a36")
    cells = [Segment("a", ground), Segment("b", other), Segment("c", None)]
    first, *others = seen_through.apply(cells, Color.parse("#16181f"))
    assert first.style == Style.parse("bold red on default")
    assert others == cells[1:]


async def test_the_screen_is_transparent_when_the_setting_says_so() -> None:
    async with running(reply("one"), values={"transparent": True}) as it:
        await it.ask("first")
        await it.see("one")

        def grounds() -> set[str]:
            strips = it.app.screen._compositor.render_strips()  # noqa: SLF001 - as screen_text
            found = (each.style.bgcolor for strip in strips for each in strip if each.style)
            return {ground.name for ground in found if ground is not None}

        await it.until(lambda: "default" in grounds() and "#16181f" not in grounds())
        it.app.post_message(ApplySetting("transparent", "false"))
        await it.until(lambda: "#16181f" in grounds())
