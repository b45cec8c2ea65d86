"""What is written to terminals that draw pictures in place of characters."""

import re
import unicodedata
import zlib
from base64 import standard_b64decode
from random import Random

from fakegpt_tui.pictures import protocols
from fakegpt_tui.pictures.decoding import Pixels

PIXELS = Pixels(50, 40, Random(1).randbytes(50 * 40 * 3))
COMMAND = re.compile(rb"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")


def test_the_marks_are_those_of_the_protocol() -> None:
    marks = protocols.diacritics()
    assert (len(marks), len(set(marks)), marks[0], marks[296]) == (297, 297, "\u0305", "\U0001d244")
    assert all(unicodedata.combining(mark) == 230 for mark in marks)
    assert not any(unicodedata.decomposition(mark) for mark in marks)


def test_a_transmission_is_one_picture_in_parts() -> None:
    sent = protocols.encode_kitty(PIXELS, 0x2A00_0007, columns=5, rows=2)
    commands = COMMAND.findall(sent)
    assert COMMAND.sub(b"", sent) == b""
    first, *rest = (dict(pair.split(b"=") for pair in head.split(b",")) for head, _ in commands)
    assert first == {
        b"a": b"T",
        b"U": b"1",
        b"q": b"2",
        b"f": b"24",
        b"o": b"z",
        b"i": b"704643079",
        b"c": b"5",
        b"r": b"2",
        b"s": b"50",
        b"v": b"40",
        b"m": b"1",
    }
    assert [part[b"m"] for part in rest] == [b"1"] * (len(rest) - 1) + [b"0"]
    assert all(set(part) == {b"q", b"m"} for part in rest)
    assert all(len(data) <= 4096 and len(data) % 4 == 0 for _, data in commands)
    data = b"".join(data for _, data in commands)
    assert zlib.decompress(standard_b64decode(data)) == PIXELS.rgb


def test_a_transmission_is_divided_between_its_commands() -> None:
    sent = protocols.encode_kitty(PIXELS, 1 << 24 | 1, columns=5, rows=2) + protocols.delete_kitty(
        7
    )
    pieces = protocols.kitty_commands(sent)
    assert b"".join(pieces) == sent
    assert all(COMMAND.fullmatch(piece) for piece in pieces)


def test_each_cell_says_which_part_of_which_picture_it_is() -> None:
    marks = protocols.diacritics()
    row = protocols.placeholder_row(0x05_00_01_FF, 3, 60)
    cells = [row[at : at + 4] for at in range(0, len(row), 4)]
    assert cells == [f"\U0010eeee{marks[3]}{marks[column]}{marks[5]}" for column in range(60)]
    assert protocols.id_colour(0x05_00_01_FF) == (0, 1, 255)


def test_a_cell_takes_at_most_twelve_bytes_whatever_the_number_of_the_picture() -> None:
    ids = protocols.ImageIds()
    numbers = [ids.next() for _ in range(1000)]
    assert len(set(numbers)) == 1000
    assert all(number >> 24 and number & 0xFFFFFF for number in numbers)
    assert (
        max(len(protocols.placeholder_row(each, 23, 60).encode()) for each in numbers[:50])
        <= 12 * 60
    )


def test_another_process_begins_with_other_numbers() -> None:
    assert len({protocols.ImageIds().next() for _ in range(20)}) == 20
