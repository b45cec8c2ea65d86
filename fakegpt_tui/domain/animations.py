"""Animations: how many frames a GIF, WebP or PNG has, counted without decoding any.

The blocks of the formats are walked as their specifications have them:
https://www.w3.org/Graphics/GIF/spec-gif89a.txt,
https://developers.google.com/speed/webp/docs/riff_container,
https://www.w3.org/TR/png-3/
"""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from os import SEEK_CUR
from typing import BinaryIO, Final

_MOST_BLOCKS: Final = 200_000
"""As many are walked, of a file that is made to have more; a usual GIF has one for 255 bytes."""
_HAS_TABLE: Final = 0x80


def count_frames(media_type: str, file: BinaryIO) -> int:
    """How many frames a file of that type shows; 1 of all that does not move."""
    match media_type:
        case "image/gif":
            found = _count_gif_frames(file)
        case "image/webp":
            found = sum(name == b"ANMF" for name in _webp_chunks(file))
        case "image/png":
            found = _count_png_frames(file)
        case _:
            found = 1
    return max(found, 1)


def _count_gif_frames(file: BinaryIO) -> int:
    file.seek(10)
    file.seek(2 + _table_size(file.read(1)), SEEK_CUR)
    frames, is_in_data = 0, False
    for _ in range(_MOST_BLOCKS):
        sign = file.read(1)
        if is_in_data and sign:
            is_in_data = sign != b"\0"
            file.seek(sign[0], SEEK_CUR)
        elif sign == b",":
            frames, is_in_data = frames + 1, True
            file.seek(_table_size(file.read(9)[8:]) + 1, SEEK_CUR)
        elif sign == b"!":
            is_in_data = True
            file.seek(1, SEEK_CUR)
        else:
            break
    return frames


def _table_size(flags: bytes) -> int:
    """Bytes of the colours that follow, as a byte of flags tells it."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & _HAS_TABLE else 0


def _count_png_frames(file: BinaryIO) -> int:
    """Each frame has a chunk of its own, where the first chunks say that there are any."""
    is_moving, frames = False, 0
    for name in _png_chunks(file):
        if name == b"IDAT" and not is_moving:
            break
        is_moving = is_moving or name == b"acTL"
        frames += name == b"fcTL"
    return frames


def _png_chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(8)
    for head in islice(iter(partial(file.read, 8), b""), _MOST_BLOCKS):
        yield head[4:]
        file.seek(int.from_bytes(head[:4], "big") + 4, SEEK_CUR)


def _webp_chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(12)
    for head in islice(iter(partial(file.read, 8), b""), _MOST_BLOCKS):
        yield head[:4]
        size = int.from_bytes(head[4:], "little")
        file.seek(size + size % 2, SEEK_CUR)
