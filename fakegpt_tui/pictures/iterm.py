"""iTerm2's inline pictures: a picture file within a control string, scaled to a box of cells.

The format: https://iterm2.com/documentation-images.html
"""

from base64 import b64encode
from io import BytesIO
from typing import Final

from fakegpt_tui.pictures.decoding import Pixels

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
