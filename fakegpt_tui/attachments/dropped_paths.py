"""Dropped files: the paths in what a terminal pastes when files are dragged onto it.

Terminals differ in how they quote: kitty pastes one bare path a line, GNOME Terminal single quotes,
Ghostty, iTerm2 and Terminal.app backslashes, WezTerm backslashes before blanks alone, Windows
Terminal double quotes; some paste `file://` addresses. Which it was follows from what exists.
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
from urllib.parse import unquote_to_bytes, urlsplit

_MAX_LENGTH = 16_384
_LONGEST_PATH = 4_096
_CONTROLS = re.compile(r"[\x01-\x09\x0b-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\/]")
_WINDOWS_WORD = re.compile(r'"([^"]*)"|(\S+)')
_BARE_BLANK = re.compile(r"(?<!\\) +")

_SECONDS = 2.0

IsFile = Callable[[str], bool]


def is_file(path: str) -> bool:
    """Is there such a file, as far as can be known?"""
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
