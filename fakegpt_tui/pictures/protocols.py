"""Graphics protocols of terminals: kitty's, sixel, and iTerm2's control strings.

With kitty's a picture is sent once, and shown wherever its cells are written. These are text: a
private character with marks for row, column and the last byte of the picture's number, whose other
bytes are the colour of the text. The terminal draws a part of the picture in each, so that whatever
scrolls, cuts or covers text does so with pictures.
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders

Sixels (those of the VT340, https://vt100.net/docs/vt3xx-gp/chapter14.html) and iTerm2's strings
(https://iterm2.com/documentation-images.html) draw a picture at the cursor.
"""

import re
import secrets
import zlib
from base64 import b64encode, standard_b64encode
from functools import cache, lru_cache
from io import BytesIO
from typing import Final

from fakegpt_tui.pictures.decoding import Pixels

PLACEHOLDER: Final = "\U0010eeee"
CHUNK: Final = 4096
"""Characters of a part of a transmission."""
ABORT: Final = b"\x1b_Gq=2,m=0;\x1b\\"
"""Ends a transmission of which no more will come; the terminal takes it for damaged."""

_END: Final = b"\x1b\\"
_LOW: Final = 0xFFFFFF
_MARKS: Final = (
    "305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599 "
    "59C-5A1 5A8-5A9 5AB-5AC 5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC "
    "730 732-733 735-736 73A 73D 73F-741 743 745 747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827 "
    "829-82D 951 953-954 F82-F83 F86-F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 "
    "1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 "
    "20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0 "
    "AAB2-AAB3 AAB7-AAB8 AABE-AABF AAC1 FE20-FE26 10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244"
)
"""Code points, the first of which stands for 0: the marks above a letter of Unicode 6.0 that become
one with no letter."""

_SHORT_MARKS: Final = 100
"""So many of them take two bytes."""


@cache
def diacritics() -> tuple[str, ...]:
    """The marks that stand for the numbers from 0 on."""
    spans = (span.partition("-") for span in _MARKS.split())
    return tuple(
        chr(code)
        for first, _, last in spans
        for code in range(int(first, 16), int(last or first, 16) + 1)
    )


class ImageIds:
    """Numbers of pictures in a terminal; random, as all programs in it share them."""

    def __init__(self) -> None:
        self._last = secrets.randbelow(_LOW)
        self._top = 1 + secrets.randbelow(_SHORT_MARKS - 1)

    def next(self) -> int:
        """A number that was not given before, whose first byte takes the shortest mark."""
        self._last = self._last % (_LOW - 1) + 1
        return self._top << 24 | self._last


def id_colour(image_id: int) -> tuple[int, int, int]:
    """The colour of the cells of a picture: red, green and blue."""
    return image_id >> 16 & 0xFF, image_id >> 8 & 0xFF, image_id & 0xFF


@lru_cache(maxsize=4096)
def placeholder_row(image_id: int, row: int, columns: int) -> str:
    """One row of the cells of a picture, to be written in the colour `id_colour`.

    Each cell has all marks, so that a row can be cut anywhere.
    """
    marks = diacritics()
    start, end = PLACEHOLDER + marks[row], marks[image_id >> 24]
    return "".join(f"{start}{marks[column]}{end}" for column in range(columns))


def encode_kitty(pixels: Pixels, image_id: int, *, columns: int, rows: int) -> bytes:
    """What gives a terminal a picture, to be shown in so many cells where these are written.

    The terminal answers nothing. No other command of this protocol may come in between.
    """
    data = standard_b64encode(zlib.compress(pixels.rgb, 6))
    head = (
        f"a=T,U=1,q=2,f=24,o=z,i={image_id},c={columns},r={rows},s={pixels.width},v={pixels.height}"
    )
    parts = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    commands = (
        b"\x1b_G%b,m=%d;%b%b" % (b"q=2" if at else head.encode(), at < len(parts) - 1, part, _END)
        for at, part in enumerate(parts)
    )
    return b"".join(commands)


def kitty_commands(sequence: bytes) -> list[bytes]:
    """The single commands of a transmission, between which text may be written."""
    return [command + _END for command in sequence.split(_END)[:-1]]


def delete_kitty(image_id: int) -> bytes:
    """What has a terminal forget a picture, its data too."""
    return b"\x1b_Ga=d,d=I,i=%d,q=2%b" % (image_id, _END)


BAND: Final = 6
"""Rows of pixels that one character stands for."""

_COLORS: Final = 256
_ZERO: Final = 63
"""The character of no pixel; those of the 64 sets of six follow it."""
_CHARACTERS: Final = bytes(min(_ZERO + each, 255) for each in range(256))
_RUN: Final = re.compile(rb"(.)\1{3,254}", re.DOTALL)
_NONE_BEHIND: Final = b"?"


def encode_sixel(pixels: Pixels) -> bytes:
    """The control string that draws a picture where the cursor is.

    Its last rows that fill no whole band are left out, because terminals would give them one.
    """
    from PIL import Image  # noqa: PLC0415 - for such a terminal

    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    palette_of = picture.quantize(_COLORS, method=Image.Quantize.FASTOCTREE)
    # Without dithering, what changes slowly would fall apart into tiles.
    few = picture.quantize(palette=palette_of, dither=Image.Dither.FLOYDSTEINBERG)
    indices, palette = few.tobytes(), few.getpalette("RGB") or []
    bands = pixels.height // BAND
    size = pixels.width * BAND
    used = sorted(set(indices[: bands * size]))
    parts = [b'\x1bP0;1;0q"1;1;%d;%d' % (pixels.width, bands * BAND)]
    parts += (_color(each, palette[each * 3 : each * 3 + 3]) for each in used)
    for band in range(bands):
        parts.append(_band(indices[band * size : (band + 1) * size], pixels.width))
    parts.append(b"\x1b\\")
    return b"".join(parts)


def _color(number: int, rgb: list[int]) -> bytes:
    return b"#%d;2;%d;%d;%d" % (number, *(round(each * 100 / 255) for each in rgb))


def _band(indices: bytes, width: int) -> bytes:
    """Six rows of pixels, one colour after the other."""
    rows = [indices[at : at + width] for at in range(0, len(indices), width)]
    colors = (b"#%d%s" % (color, _sixels(rows, color, width)) for color in sorted(set(indices)))
    return b"$".join(colors) + b"-"


def _sixels(rows: list[bytes], color: int, width: int) -> bytes:
    """The characters of one colour: a row is a bit of each. As whole rows, which is fast."""
    bits = 0
    table = bytearray(256)
    for number, row in enumerate(rows):
        if color in row:
            table[color] = 1 << number
            bits |= int.from_bytes(row.translate(table), "big")
    characters = bits.to_bytes(width, "big").translate(_CHARACTERS).rstrip(_NONE_BEHIND)
    return _RUN.sub(lambda run: b"!%d%s" % (len(run[0]), run[1]), characters)


_FEW_COLORS: Final = 256
_QUALITY: Final = 90
MOST_BYTES: Final = 750_000
"""Of a file; multiplexers and terminals drop control strings of more than a megabyte."""


def encode_iterm(pixels: Pixels, columns: int, rows: int) -> bytes:
    """The control string that draws a picture over so many cells, from the cursor on."""
    data = _file_of(pixels)
    options = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=0"
    # Where the terminal would move the cursor below the picture, it may scroll for that.
    return b"\x1b]1337;File=%s;doNotMoveCursor=1:%s\x07" % (options.encode(), b64encode(data))


def _file_of(pixels: Pixels) -> bytes:
    """A PNG where it is small, as of a drawing; else a JPEG."""
    from PIL import Image  # noqa: PLC0415 - for such a terminal

    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    if picture.getcolors(_FEW_COLORS) is not None:
        target = BytesIO()
        picture.save(target, "PNG", compress_level=6)
        if target.tell() <= MOST_BYTES:
            return target.getvalue()
    target = BytesIO()
    picture.save(target, "JPEG", quality=_QUALITY)
    while target.tell() > MOST_BYTES:
        # The terminal makes it as large as its cells again.
        picture, target = picture.reduce(2), BytesIO()
        picture.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()
