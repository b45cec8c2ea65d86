"""Sixel: a picture as six-pixel bands, for terminals that draw DEC's graphics.

The format is that of the VT340: https://vt100.net/docs/vt3xx-gp/chapter14.html. Colours are
percentages there, and of a picture 256 at most are used.
"""

import re
from typing import Final

from fakegpt_tui.pictures.decoding import Pixels

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
