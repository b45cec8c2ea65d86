"""Pictures go to terminals that draw them, are theirs alone, and are freed."""

import os
from pathlib import Path

import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color as TextualColor

from fakegpt_tui.pictures import protocols
from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.ui.terminal.graphics import (
    GraphicsDetection,
    TerminalGraphics,
    parse_tmux,
    send_picture,
)
from fakegpt_tui.ui.terminal.input_parser import TerminalAnswered, TolerantParser
from fakegpt_tui.ui.terminal.line_filters import BidiIsolateFilter, SafeLineFilter
from fakegpt_tui.ui.terminal.output import HELD_PICTURES, PICTURE_META, HeldPictures

NUMBER = 0x2A_12_34_56
BLACK = TextualColor(0, 0, 0)


@pytest.mark.parametrize(
    ("name", "has_placeholders"),
    [
        ("kitty(0.28.0)", True),
        ("kitty(1.0.1)", True),
        ("kitty(0.27.9)", False),
        ("ghostty 1.2.0", True),
        ("Konsole 25.08", False),
        ("WezTerm 20260117", False),
        ("tmux 3.5a", False),
        ("foot(1.20)", False),
        ("", False),
    ],
)
def test_only_terminals_that_are_known_for_it_get_placeholders(name, has_placeholders) -> None:
    assert TerminalGraphics(name).has_placeholders is has_placeholders


@pytest.mark.parametrize(
    ("said", "has_placeholders"),
    [
        ("on\nkitty(0.35.0)\nxterm-kitty\nRGB,title", True),
        ("2\n\nxterm-ghostty\ntitle,RGB", True),
        ("off\nkitty(0.35.0)\nxterm-kitty\nRGB", False),
        ("on\nkitty(0.35.0)\nxterm-kitty\ntitle", False),
        ("on\nXTerm(380)\nxterm-256color\nRGB", False),
        ("", False),
    ],
)
def test_tmux_tells_of_the_terminal_around_it(said: str, has_placeholders: bool) -> None:
    graphics = parse_tmux(said.split("\n"), TerminalGraphics(in_tmux=True))
    assert graphics.has_placeholders is has_placeholders


def test_a_terminal_tells_its_name_and_what_it_has() -> None:
    said = "\x1bP>|ghostty 1.2.0\x1b\\\x1b[?62;4;22cx"
    name, attributes, key = TolerantParser().feed(said)
    assert isinstance(name, TerminalAnswered)
    assert isinstance(attributes, TerminalAnswered)
    assert (name.name, attributes.attributes) == ("ghostty 1.2.0", {62, 4, 22})
    assert getattr(key, "key", None) == "x"


async def test_what_is_no_terminal_is_not_waited_for() -> None:
    async with (app := App[None]()).run_test():
        known = await GraphicsDetection(app, {"TERM": "xterm-kitty"}).ask()
        assert not known.has_placeholders
        detection = GraphicsDetection(app, {"TERM": "xterm"})
        detection.take_answer(TerminalAnswered("kitty(0.40.0)"))
        detection.take_answer(TerminalAnswered("", frozenset({4})))
        known = await detection.ask()
        assert known.has_placeholders
        assert known.has_sixel


async def test_a_picture_is_held_from_its_last_part_on_until_it_is_freed() -> None:
    sent = protocols.encode_kitty(Pixels(64, 64, bytes(64 * 64 * 3)), NUMBER, columns=4, rows=2)
    async with (app := App[None]()).run_test():
        assert await send_picture(app, NUMBER, sent)
        assert NUMBER in HELD_PICTURES
    HELD_PICTURES.give_up(NUMBER)
    assert NUMBER not in HELD_PICTURES
    HELD_PICTURES.draw_over({NUMBER})
    assert HELD_PICTURES.free_drawn_over() == ""
    HELD_PICTURES.draw_over()
    assert HELD_PICTURES.free_drawn_over() == f"\x1b_Ga=d,d=I,i={NUMBER},q=2\x1b\\"
    assert HELD_PICTURES.free_all() == ""


TMUX = """#!/bin/sh
echo asked >> "{log}"
[ "$(wc -l < "{log}")" -eq 1 ] && echo 0 || echo 4096
"""


async def test_what_tmux_drops_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, fake = tmp_path / "log", tmp_path / "tmux"
    fake.write_text(TMUX.format(log=log))
    fake.chmod(0o755)
    monkeypatch.setenv("TMUX", "/nowhere,1,0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sent = protocols.encode_kitty(Pixels(4, 4, bytes(48)), NUMBER, columns=4, rows=2)
    async with (app := App[None]()).run_test():
        assert await send_picture(app, NUMBER, sent)
    # Before and after the first time, and the second time, when nothing more was dropped.
    assert log.read_text().count("asked") == 4
    HELD_PICTURES.free_all()


def test_all_that_is_held_is_freed_at_once_and_what_is_being_sent_is_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    held = HeldPictures()
    assert (bool(held), held.free_all()) == (False, "")
    held.begin(1)
    held.finish(1)
    held.begin(2)
    assert (1 in held, 2 in held) == (True, False)
    held.give_up()
    assert (1 in held, held.is_being_sent(2), bool(held)) == (False, True, True)
    freed = held.free_all()
    assert freed.count("\x1bPtmux;\x1b\x1b_G") == freed.count("\x1b\x1b\\\x1b\\") == 3
    assert freed.index("m=0") < freed.index("i=2") < freed.index("i=1")
    assert not held


def cells(number: int = NUMBER, colour: int | None = None, **changes: object) -> Segment:
    """Three cells of a picture in the style that they are drawn with."""
    red, green, blue = protocols.id_colour(NUMBER if colour is None else colour)
    style = Style(color=Color.from_rgb(red, green, blue), meta={PICTURE_META: number})
    return Segment(protocols.placeholder_row(NUMBER, 40, 3), style + Style(**changes))


@pytest.fixture
def held() -> object:
    HELD_PICTURES.begin(NUMBER)
    HELD_PICTURES.finish(NUMBER)
    yield
    HELD_PICTURES.free_all()


def filtered(*segments: Segment) -> list[str]:
    return [text for text, _, _ in SafeLineFilter().apply(list(segments), BLACK)]


@pytest.mark.usefixtures("held")
def test_cells_of_a_picture_that_the_terminal_holds_are_written() -> None:
    own = cells(bgcolor="red")
    assert filtered(Segment("▌ "), own, Segment("\x1b")) == ["▌ ", own.text, "␛"]
    assert SafeLineFilter().apply([own], BLACK) == [own]


@pytest.mark.usefixtures("held")
def test_cells_in_another_colour_would_be_another_picture_and_are_blank() -> None:
    assert filtered(cells(colour=NUMBER + 1)) == ["   "]
    assert filtered(cells(color="red")) == ["   "]


def test_cells_of_a_picture_that_was_freed_are_blank() -> None:
    assert filtered(cells()) == ["   "]


@pytest.mark.usefixtures("held")
def test_cells_that_others_wrote_are_never_written() -> None:
    own = cells()
    for foreign in (Segment(own.text), Segment(own.text, Style(color=own.style.color))):
        assert protocols.PLACEHOLDER not in "".join(filtered(foreign))


@pytest.mark.usefixtures("held")
def test_the_marks_of_cells_are_not_taken_for_hebrew() -> None:
    own = cells()
    assert BidiIsolateFilter().apply([own], BLACK) == [own]
