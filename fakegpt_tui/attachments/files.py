"""Files to attach: opened without waiting, known by their bytes, and refused with a sentence."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from unicodedata import normalize

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.media_types import (
    BINARY,
    EMPTY,
    PDF,
    PIXEL_HEAD,
    SOUNDS,
    TEXT,
    MediaType,
    can_decode,
    identify,
    is_picture,
    type_label,
)
from fakegpt_tui.domain.parts import Blob, FilePart, ImagePart
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import safe_line

MAX_TEXT = 1_048_576
MAX_PICTURE = 20_000_000
MAX_FILE = 50_000_000
MAX_ATTACHMENTS = 20
"""How many can go with one prompt."""

_SAFELY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """A file to read; a pipe or device is refused and never waited for.

    Raises:
        LoadError: It is not there, is no file, or cannot be read.
    """
    name = safe_line(path.name or str(path))
    try:
        # What would block is opened all the same, and seen to be no file before it is read.
        descriptor = _open(path)
    except FileNotFoundError as error:
        raise LoadError(f"There is no file {safe_line(str(path))}.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise LoadError(f"{name} cannot be read: {reason}.") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = _KINDS.get(stat.S_IFMT(mode), "a device")
        raise LoadError(f"{name} is {kind}; only files can be attached.")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _open(path: Path) -> int:
    """Open a file; accents may be apart from their letters, as in names that macOS made."""
    written = str(path)
    for name in (written, normalize("NFC", written)):
        with suppress(FileNotFoundError):
            return os.open(name, os.O_RDONLY | _SAFELY)
    return os.open(normalize("NFD", written), os.O_RDONLY | _SAFELY)


def check_file(file: BinaryIO, name: str) -> MediaType:
    """The type of what is to be attached; `file` is at its beginning before and after.

    Raises:
        LoadError: No model could take it.
    """
    try:
        head = file.read(PIXEL_HEAD)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        kind = identify(head)
        limit = MAX_TEXT if kind.name == TEXT else MAX_FILE
        limit = MAX_PICTURE if is_picture(kind.name) else limit
        if refusal := _refusal(kind, safe_line(name), size, limit):
            raise LoadError(refusal)
        if kind.name == TEXT and size > len(head) and decode_text(file.read()) is None:
            raise LoadError(f"{safe_line(name)} begins like text, but is not text to its end.")
        file.seek(0)
    except OSError as error:
        raise LoadError(f"{safe_line(name)} cannot be read: {error.strerror}.") from error
    return kind


def _refusal(kind: MediaType, name: str, size: int, limit: int) -> str:
    """Why a file cannot be attached; empty where it can."""
    label = type_label(kind.name)
    if kind.name == EMPTY:
        return f"{name} is empty."
    if is_picture(kind.name) and not can_decode(*kind):
        return f"{name} is a picture ({label}) that cannot be sent; convert it to PNG or JPEG."
    if kind.name not in (TEXT, PDF, *SOUNDS) and not is_picture(kind.name):
        what = "neither text nor a picture" if kind.name == BINARY else f"a file of kind {label}"
        return f"{name} is {what}; models take text, pictures, PDFs, WAV and MP3."
    if size > limit:
        return f"{name} has {size / 1e6:,.1f} MB; {label} may have {limit / 1e6:,.0f} MB at most."
    return ""


def make_part(blob: Blob, name: str) -> ImagePart | FilePart:
    """The part for bytes that were checked and are kept."""
    name = safe_line(name)
    if is_picture(blob.media_type):
        return ImagePart(blob, name)
    return FilePart(blob, name, as_text=blob.media_type == TEXT)
