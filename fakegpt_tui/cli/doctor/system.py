"""Checks of versions, encoding, free space and file permissions."""

import locale
import os
import platform
import re
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from fakegpt_tui import __version__
from fakegpt_tui.cli.doctor.report import Finding, attention, good, note
from fakegpt_tui.config.secrets import KeyInFile
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import connection
from fakegpt_tui.store.instances import require_private
from fakegpt_tui.text import safe_line

_MIN_FREE: Final = 200_000_000
_MEGABYTE: Final = 1_000_000
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def encoding_findings() -> Iterator[Finding]:
    """Locale and encoding."""
    encoding = (sys.stdout.encoding or "").lower().replace("_", "-")
    name = ".".join(part for part in locale.getlocale() if part) or "C"
    if encoding in ("utf-8", "utf8"):
        yield good("files.encoding", f"Text is written as UTF-8 (the locale is {safe_line(name)}).")
    else:
        yield attention(
            "files.encoding",
            f"Text is written as {safe_line(encoding) or 'an unknown encoding'}, which lacks most "
            "letters and signs.",
            "Set LANG to a locale of UTF-8, such as C.UTF-8.",
        )


def file_findings(settings: Settings) -> Iterator[Finding]:
    yield _free_space(settings)
    try:
        require_private(settings.data_dir)
    except StoreError as error:
        yield attention("files.owner", safe_line(str(error), 1000))
    folders = [
        finding
        for folder in dict.fromkeys((settings.data_dir, settings.state_dir))
        for finding in _folder(folder)
    ]
    files = [finding for file in _private_files(settings) for finding in _file(file)]
    yield from folders
    yield from files
    if not any(settings.data_dir.glob("*")):
        yield note("files.folder", f"{_shown(settings.data_dir)} does not exist, or is empty.")
    elif not (folders or files):
        yield good("files.permissions", "Only you can read the files.")


def _free_space(settings: Settings) -> Finding:
    folder = settings.data_dir
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    database = settings.database
    size = database.stat().st_size if database.exists() else 0
    words = f"{free / _MEGABYTE:,.0f} MB are free for {_shown(folder)}"
    if free < max(_MIN_FREE, 2 * size):
        return attention(
            "files.space",
            f"Only {words}.",
            "On a full disk messages are kept in memory only, until the program ends.",
        )
    return good("files.space", f"{words}.")


def _folder(folder: Path) -> Iterator[Finding]:
    mode, name, advice = _mode(folder), _shown(folder), f"chmod 700 {_shown(folder)}"
    if mode & _OTHERS_WRITE:
        yield attention("files.folder", f"Others may write in the folder {name}.", advice)
    elif mode & _OTHERS:
        sentence = f"Others may list the folder {name}, but not read its files."
        yield note("files.folder", sentence, advice)


def _file(file: Path) -> Iterator[Finding]:
    if _mode(file) & _OTHERS:
        yield attention(
            "files.file", f"Others may read {_shown(file)}.", f"chmod 600 {_shown(file)}"
        )


def _private_files(settings: Settings) -> Iterable[Path]:
    """The files that hold messages or secrets."""
    database = settings.database
    yield from sorted(database.parent.glob(f"{database.name}*"))
    yield settings.session_file
    if any(
        service.proxy is not None or any(value for _, value in service.headers)
        for service in settings.services.values()
    ):
        yield settings.config_file
    for source in settings.service_keys.values():
        if isinstance(source, KeyInFile):
            yield source.path


def _mode(path: Path) -> int:
    """The permissions; 0 if the file, or this kind of permissions, does not exist."""
    if os.name != "posix" or not path.exists() or path.name.endswith(".instances"):
        return 0
    return stat.S_IMODE(path.stat().st_mode)


def _shown(path: Path) -> str:
    return safe_line(str(path), 500)


_PROGRAM = "fakegpt-tui"
_TEXTUAL = "textual"


def version_findings(installed: Callable[[str], str] = version) -> Iterator[Finding]:
    yield good(
        "versions.program",
        f"{_PROGRAM} {__version__} with Python {platform.python_version()} on {platform.system()}.",
    )
    yield _textual(installed)
    try:
        yield good("versions.httpx", f"httpx {installed('httpx')}.")
    except PackageNotFoundError:
        yield attention("versions.httpx", "httpx is not installed, so no service can be asked.")
    yield _sqlite()


def _textual(installed: Callable[[str], str]) -> Finding:
    wanted = _wanted_textual()
    try:
        found = installed(_TEXTUAL)
    except PackageNotFoundError:
        return attention("versions.textual", "Textual is not installed.", f"pip install {_PROGRAM}")
    if wanted and found != wanted:
        return attention(
            "versions.textual",
            f"Textual {found}, but this version of the program is made for {wanted}.",
            f"pip install textual=={wanted}",
        )
    return good("versions.textual", f"Textual {found}.")


def _wanted_textual() -> str:
    """The version that this program requires; empty if the package is not installed."""
    try:
        requirements = requires(_PROGRAM) or []
    except PackageNotFoundError:
        return ""
    found = (re.match(r"textual *== *([^; ]+)", each) for each in requirements)
    return next((match[1] for match in found if match), "")


def _sqlite() -> Finding:
    if connection.has_commit_loss_bug():
        return note(
            "versions.sqlite",
            f"SQLite {sqlite3.sqlite_version}, whose log can lose what two instances write at "
            "once; this program writes under a lock of its own, which keeps it from that.",
            "SQLite 3.51.3 and later are mended; please use no other program to write the store.",
        )
    return good("versions.sqlite", f"SQLite {sqlite3.sqlite_version}.")
