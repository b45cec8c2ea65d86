"""Inline pictures: sixel and iTerm2's control strings, which draw a picture at the cursor.

Sixels are those of the VT340: https://vt100.net/docs/vt3xx-gp/chapter14.html; iTerm2's format:
https://iterm2.com/documentation-images.html.
"""

import re
from base64 import b64encode
from io import BytesIO
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
