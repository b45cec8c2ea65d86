"""Paths in a prompt: written as `@path`, or pasted by a terminal onto which files are dragged.

Terminals differ in how they quote what was dragged: kitty pastes one bare path a line, GNOME
Terminal single quotes, Ghostty, iTerm2 and Terminal.app backslashes, WezTerm backslashes before
blanks alone, Windows Terminal double quotes; some paste `file://` addresses. The
files that exist show which way it was.
"""

import asyncio
import os
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from unicodedata import normalize
from urllib.parse import unquote_to_bytes, urlsplit

from fakegpt_tui.fast_import import dataclass

_BEFORE = set(" \t\n([{<'\",")
"""What may stand before the sign; after a letter it belongs to an address or to code."""
_PUNCTUATION = ".,;:!?)]}>'\""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in a line: where it stands, its path as it was meant, and whether it has ended.

    One in quotes ends with the second of them, another one with a blank.
    """

    start: int
    end: int
    path: str
    is_quoted: bool
    is_closed: bool

    @property
    def folder(self) -> str:
        """The path up to its last slash."""
        return self.path[: self.path.rfind("/") + 1]

    @property
    def name(self) -> str:
        """What is typed behind the last slash."""
        return self.path[len(self.folder) :]


def reference_at(line: str, column: int) -> Reference | None:
    """The reference that the cursor at `column` stands in, or at the end of."""
    for start in range(min(column, len(line)) - 1, -1, -1):
        if line[start] == "@" and can_begin(line, start):
            found = read_reference(line, start)
            return found if start < column <= found.end else None
    return None


def can_begin(line: str, start: int) -> bool:
    """May a reference begin with the sign at `start`? A backslash before it says no."""
    return start == 0 or line[start - 1] in _BEFORE


def read_reference(line: str, start: int) -> Reference:
    """The reference that begins at `start`."""
    quote = line[start + 1 : start + 2]
    if quote and quote in "\"'":
        end = line.find(quote, start + 2)
        is_closed = end >= 0
        end = end if is_closed else len(line)
        return Reference(start, end + is_closed, line[start + 2 : end], True, is_closed)
    path, at = "", start + 1
    while at < len(line) and not line[at].isspace():
        if line[at] == "\\" and line[at + 1 : at + 2] in (" ", "\\"):
            at += 1
        path += line[at]
        at += 1
    return Reference(start, at, path, False, at < len(line))


def write_reference(path: str, *, closed: bool = True) -> str:
    """The reference to a path, in quotes where it needs them; a folder can be left open."""
    if not re.search(r"[\s\\'\"]", path):
        return f"@{path}"
    quote = "'" if '"' in path else '"'
    return f"@{quote}{path}{quote if closed else ''}"


def resolve(path: str, folder: Path, exists: Callable[[Path], bool]) -> tuple[Path, str] | None:
    """The file that is meant, and the part of `path` that names it.

    Signs at the end are taken for punctuation where there is no file of the whole name. Letters
    and their accents may be together or apart, as keyboards and macOS have them.
    """
    for named in dict.fromkeys((path, path.rstrip(_PUNCTUATION))):
        for written in dict.fromkeys((named, normalize("NFC", named), normalize("NFD", named))):
            with suppress(OSError, ValueError):
                if written and exists(found := folder / _expanded(Path(written))):
                    return found, named
    return None


def _expanded(path: Path) -> Path:
    """The path from a home folder, if it begins with the name of one."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


_MAX_LENGTH = 16_384
_LONGEST_PATH = 4_096
_CONTROLS = re.compile(r"[\x01-\x09\x0b-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\/]")
_WINDOWS_WORD = re.compile(r'"([^"]*)"|(\S+)')
_BARE_BLANK = re.compile(r"(?<!\\) +")

_SECONDS = 2.0

IsFile = Callable[[str], bool]


def is_file(path: str) -> bool:
    """Is there such a file? False if that cannot be told."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


async def find_dropped(
    text: str, *, is_file: IsFile = is_file, seconds: float = _SECONDS
) -> tuple[str, ...]:
    """The files that were dropped, or none where `text` is only text, or they do not answer.

    A dead network folder never does. Its thread is left behind, and does not hold up the exit.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def finish(paths: tuple[str, ...]) -> None:
        if not found.done():
            found.set_result(paths)

    def look() -> None:
        paths = dropped_paths(text, is_file)
        with suppress(RuntimeError):  # The program has ended meanwhile.
            loop.call_soon_threadsafe(finish, paths)

    Thread(target=look, daemon=True).start()
    try:
        return await asyncio.wait_for(found, seconds)
    except TimeoutError:
        return ()


def dropped_paths(text: str, is_file: IsFile) -> tuple[str, ...]:
    """The files that were dropped, or none where `text` is only text.

    It is all or nothing: each piece must be an absolute path of something that `is_file` knows.
    """
    text = text.strip(" \r\n\0")
    if not text or len(text) > _MAX_LENGTH or _CONTROLS.search(text.replace("\r", "")):
        return ()
    if not re.match(r"""["']?(/|~|file:|[A-Za-z]:[\\/]|\\)""", text):
        return ()
    for read in (_lines, _addresses, _shell_words, _windows_words, _escaped_blanks):
        paths = tuple(read(text))
        if paths and all(_is_absolute(path) and is_file(path) for path in paths):
            return paths
    return ()


def looks_like_a_path(text: str) -> bool:
    """Is this one absolute path of a picture, whether or not it exists here?"""
    words = tuple(_shell_words(text.strip())) if len(text) <= _LONGEST_PATH else ()
    is_one = len(words) == 1 and _is_absolute(words[0])
    return is_one and bool(re.search(r"\.(png|jpe?g|gif|webp|heic)$", words[0], re.I))


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(_DRIVE.match(path))


def _expand(path: str) -> str:
    """A home folder is written out only where the terminal itself did not."""
    return os.path.expanduser(path) if path.startswith("~") else path  # noqa: PTH111 - text in, text out


def _lines(text: str) -> Iterator[str]:
    for line in re.split(r"[\r\n\0]+", text):
        if stripped := line.strip():
            yield _expand(stripped)


def _addresses(text: str) -> Iterator[str]:
    """`file://` addresses, one a line or with blanks between, percent-decoded as bytes."""
    for word in text.replace("\0", " ").split():
        try:
            parts = urlsplit(word.strip("'\""))
        except ValueError:
            return
        if parts.scheme != "file" or parts.netloc not in _our_hosts():
            yield ""
            return
        path = os.fsdecode(unquote_to_bytes(parts.path))
        yield path[1:] if re.match(r"/[A-Za-z]:/", path) else path


def _our_hosts() -> set[str]:
    return {"", "localhost", socket.gethostname()}


def _shell_words(text: str) -> Iterator[str]:
    try:
        yield from map(_expand, shlex.split(text))
    except ValueError:
        return


def _windows_words(text: str) -> Iterator[str]:
    for quoted, bare in _WINDOWS_WORD.findall(text):
        yield quoted or bare


def _escaped_blanks(text: str) -> Iterator[str]:
    for word in _BARE_BLANK.split(text):
        yield _expand(word.replace("\\ ", " "))
