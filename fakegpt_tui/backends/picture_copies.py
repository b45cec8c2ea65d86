"""Copies of pictures to send: as JPEG or PNG, small enough, and without metadata.

What is stored stays as it came. A picture that needs no change is sent byte for byte, so that the
caches of services know it again.
"""

import os
import struct
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from functools import partial
from io import BytesIO
from threading import Timer
from typing import Final, NamedTuple

from fakegpt_tui.backends import picture_script
from fakegpt_tui.backends.picture_script import JPEG, PNG, encode, open_picture
from fakegpt_tui.domain import RequestRefused
from fakegpt_tui.domain.media_types import can_decode, identify, type_label
from fakegpt_tui.text import safe_line

SURELY_TAKEN: Final = frozenset({JPEG, PNG})
"""Local servers fail on the others, some of them with nonsense in place of an error."""

LONGEST_EDGE: Final = 2_000
"""Pixels; some services refuse more than that with many pictures, and all of them scale it down."""

_MANY_PIXELS: Final = 300_000
"""Beyond these a picture is encoded in another process, which starts in a tenth of a second."""
_SECONDS: Final = 60.0
_NEEDED: Final = ("SYSTEMROOT",)
"""What that process is given of the environment, in which there may be keys."""

_PIECE: Final = 3 * 65_536
"""Bytes that are copied or read at once, while the event loop waits."""
_ORIENTATION: Final = 0x0112


class PictureCopy(NamedTuple):
    """A picture as it is sent; each of its pieces but the last is whole in base64."""

    media_type: str
    pieces: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


def copy_picture(
    data: bytes, name: str, *, takes: Collection[str] = SURELY_TAKEN, edge: int = LONGEST_EDGE
) -> PictureCopy:
    """The copy of a picture that is sent: one of the types of `takes`, no edge above `edge` pixels.

    Raises:
        RequestRefused: The picture cannot be read.
    """
    kind, width, height = identify(data)
    if not can_decode(kind, width, height):
        raise RequestRefused(
            f"The picture {safe_line(name)} cannot be sent: it is {type_label(kind)}, "
            f"{width or '?'}×{height or '?'}, which cannot be read here. Attach it as JPEG or PNG."
        )
    if kind in takes and max(width or 0, height or 0) <= edge:
        clean = _without_metadata(data, kind)
        if clean is not None:
            return PictureCopy(kind, (clean,))
    is_large = (width or 0) * (height or 0) > _MANY_PIXELS
    return _encoded_anew(data, name, edge, is_large=is_large)


def _without_metadata(data: bytes, kind: str) -> bytes | None:
    """The picture without its metadata; `None` where it has to be decoded for that."""
    match kind:
        case "image/jpeg":
            return None if _is_turned(data) else _clean_jpeg(data)
        case "image/png":
            return _clean_png(data)
        case _:
            return None


_START_OF_SCAN: Final = 0xDA
_MARKER: Final = 0xFF
_KEPT_SEGMENTS: Final = {0xE0, 0xE2, 0xEE, *range(0xC0, 0xE0)}
"""Of the segments for applications, only those that say how to show the colours."""


def _clean_jpeg(data: bytes) -> bytes | None:
    """The segments that are needed to show the picture, and the picture itself."""
    kept, at = [(0, 2)], 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != _MARKER or marker == _MARKER:
            return None
        if marker == _START_OF_SCAN:
            return _joined(data, [*kept, (at, len(data))]) if len(kept) > 1 else None
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        is_profile = marker != 0xE2 or data[at + 4 : at + 16] == b"ICC_PROFILE\0"  # noqa: PLR2004 - APP2
        if marker in _KEPT_SEGMENTS and is_profile:
            kept.append((at, end))
        at = end
    return None


def _joined(data: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """The spans of `data`; itself where they are all of it, which copies nothing."""
    if sum(end - start for start, end in spans) == len(data):
        return data
    view, joined = memoryview(data), BytesIO()
    for start, end in spans:
        for at in range(start, end, _PIECE):
            joined.write(view[at : min(at + _PIECE, end)])
            time.sleep(0)  # Lets the event loop run, which a copy of all at once would hold.
    return joined.getvalue()


_TOLD: Final = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
_ANIMATED: Final = b"acTL"


def _clean_png(data: bytes) -> bytes | None:
    kept, at = [(0, 8)], 8
    while at + 12 <= len(data):
        name, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if name == _ANIMATED:
            return None
        if name not in _TOLD:
            kept.append((at, end))
        if name == b"IEND":
            return _joined(data, kept)
        at = end
    return None


def _is_turned(data: bytes) -> bool:
    """Does a JPEG say that it has to be turned to be looked at?"""
    if b"Exif\0" not in data[:65_536]:
        return False
    with open_picture(data) as picture:
        return bool(picture.getexif().get(_ORIENTATION, 1) != 1)


def _encoded_anew(data: bytes, name: str, edge: int, *, is_large: bool) -> PictureCopy:
    if is_large and (made := _encoded_aside(data, edge)) is not None:
        return made
    try:
        # The picture is small, or damaged, or there is no other process that could do it.
        kind, encoded = encode(data, edge)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise RequestRefused(
            f"The picture {safe_line(name)} is damaged and cannot be sent; attach a whole one."
        ) from error
    return PictureCopy(kind, (encoded,))


def _encoded_aside(data: bytes, edge: int) -> PictureCopy | None:
    """What `encode` makes, made in another process; `None` where that cannot be had.

    It goes there in one write, and comes back in the pieces in which it is read: the event loop
    would wait for thousands of small writes, and for a copy of all that was read.
    """
    try:
        with subprocess.Popen(  # noqa: S603 - our own script, by its path
            (sys.executable, "-I", picture_script.__file__, str(edge)),
            env={name: os.environ[name] for name in _NEEDED if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=_PIECE,
            process_group=0,  # In a session of its own, Linux would give it as much as all of us.
        ) as process:
            timer = Timer(_SECONDS, process.kill)
            timer.start()
            try:
                kind, pieces = _exchange(process, data)
            finally:
                timer.cancel()
    except OSError:
        return None
    return PictureCopy(kind, pieces) if process.returncode == 0 else None


def _exchange(process: "subprocess.Popen[bytes]", data: bytes) -> tuple[str, tuple[bytes, ...]]:
    """Give the script a picture; the type and the pieces of what it makes of it."""
    assert process.stdin is not None  # noqa: S101 - for the type checker
    assert process.stdout is not None  # noqa: S101 - as above
    process.stdin.write(data)
    process.stdin.close()
    kind = process.stdout.readline().strip().decode()
    return kind, tuple(iter(partial(process.stdout.read, _PIECE), b""))
