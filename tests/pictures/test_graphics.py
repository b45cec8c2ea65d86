"""The terminal of the tests sees what it is there to see."""

import pyte
import pytest

from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.protocols import delete_kitty, encode_kitty, id_colour, placeholder_row
from tests.graphics import KittyGraphics, PictureScreen, PlaceholderCell, placeholders, strays

PICTURE = Pixels(4, 2, bytes(range(24)))
ID = 0x12345678


def obey(kitty: KittyGraphics, commands: bytes) -> None:
    for each in commands.split(b"\x1b\\")[:-1]:
        assert each.startswith(b"\x1b_G")
        kitty.obey(each[3:])


def screen_with(text: str, colour: tuple[int, int, int] = id_colour(ID)) -> pyte.Screen:
    screen = pyte.Screen(20, 3)
    pyte.Stream(screen).feed("\x1b[38;2;{};{};{}m{}".format(*colour, text))
    return screen


def test_it_keeps_a_picture_until_it_is_deleted() -> None:
    kitty = KittyGraphics()
    obey(kitty, encode_kitty(PICTURE, ID, columns=2, rows=1))
    assert kitty.images[ID].pixels.tobytes() == PICTURE.rgb
    screen = screen_with(placeholder_row(ID, 0, 2))
    assert list(placeholders(screen)) == [
        PlaceholderCell(0, 0, ID, 0, 0),
        PlaceholderCell(1, 0, ID, 0, 1),
    ]
    assert strays(screen, kitty.images) == []
    obey(kitty, delete_kitty(ID))
    assert not kitty.images
    assert len(strays(screen, kitty.images)) == 2
    assert kitty.faults == []


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        (placeholder_row(ID, 1, 1), id_colour(ID)),
        (placeholder_row(ID, 0, 3), id_colour(ID)),
        (placeholder_row(ID, 0, 1), (1, 2, 3)),
        (placeholder_row(ID, 0, 1)[:-1], id_colour(ID)),
        ("\U0010eeee", id_colour(ID)),
    ],
    ids=["row beyond", "column beyond", "colour", "mark missing", "bare"],
)
def test_it_sees_placeholders_without_a_picture(text: str, colour: tuple[int, int, int]) -> None:
    kitty = KittyGraphics()
    obey(kitty, encode_kitty(PICTURE, ID, columns=2, rows=1))
    assert strays(screen_with(text, colour), kitty.images)


def test_a_terminal_that_becomes_smaller_takes_its_cursor_along() -> None:
    screen = PictureScreen(100, 30)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[30;95H")
    screen.resize(12, 40)
    stream.feed("\x1b[38;2;{};{};{}m{}".format(*id_colour(ID), placeholder_row(ID, 0, 4)))
    cells = [each for each in placeholders(screen) if isinstance(each, PlaceholderCell)]
    assert [each.column for each in cells] == [0, 1, 2, 3]
    assert all(each.x < screen.columns for each in cells)
    assert max(screen.buffer) < screen.lines


@pytest.mark.parametrize(
    "commands",
    [
        [b"a=T,U=1,i=1,f=24,s=1,v=1,m=1;AAAA", b"a=d,d=I,i=1;"],
        [b"a=T,U=1,i=1,f=24,s=2,v=1;AAAA"],
        [b"a=T,U=1,i=1,f=24,s=1,v=1;AA*A"],
        [b"a=T,U=1,f=24,s=1,v=1;AAAA"],
        [b"a=T,i=1,f=24,s=1,v=1;AAAA"],
        [b"a=p,U=1,i=7,c=1,r=1;"],
        [b"a=T,U=1,i=1,f=24,s=1,v=1,m=1;AAA", b"m=0;A"],
        [b"a=T,U=1,i=1,f=24,s=1,v=1;" + b"A" * 4100],
    ],
)
def test_it_sees_breaches_of_the_protocol(commands: list[bytes]) -> None:
    kitty = KittyGraphics()
    for each in commands:
        kitty.obey(each)
    assert kitty.faults
