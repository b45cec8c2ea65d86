"""Desktop: opens a file, a folder or a link with the program that the system has for it."""

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

from fakegpt_tui.domain import LoadError, SaveError
from fakegpt_tui.text import safe_line

_SECONDS = 10.0
"""After which an opener that still runs is taken for the program itself."""
_PYTHON = (sys.executable, "-I", "-c")
"""Runs what the standard library does in this process, in another with its own environment."""
_START_FILE = (*_PYTHON, "import os, sys; os.startfile(sys.argv[1])")
_OPEN_LINK = (*_PYTHON, "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))")


async def open_on_desktop(path: Path, environment: Mapping[str, str]) -> None:
    """Open what is at `path` with a program that is given this `environment`.

    Raises:
        LoadError: There is no desktop here, or it cannot open that.
    """
    command = _opener(environment)
    if not command:
        raise LoadError(f"There is no desktop here to open it on; it is {safe_line(str(path))}.")
    if not await _starts((*command, str(path)), environment):
        raise LoadError(f"The desktop has no program for {safe_line(str(path))}.")


async def open_link(href: str, environment: Mapping[str, str]) -> None:
    """Open a link in the browser that the system or `$BROWSER` names.

    Raises:
        LoadError: There is none that needs no terminal.
    """
    can_open = _has_desktop(environment) or environment.get("BROWSER")
    if not can_open or not await _starts((*_OPEN_LINK, href), environment):
        raise LoadError("There is no browser here to open it in; copy its address instead.")


async def open_copy(path: Path, name: str, environment: Mapping[str, str]) -> None:
    """Open a copy of a file that is called `name`, which can only be read.

    The copy is in the folder for temporary files, which the system clears.

    Raises:
        SaveError: It cannot be written.
        LoadError: There is no desktop here, or it cannot open that.
    """

    def copy() -> Path:
        target = Path(mkdtemp(prefix="fakegpt-tui-")) / name
        shutil.copyfile(path, target)
        target.chmod(0o400)
        return target

    try:
        target = await asyncio.to_thread(copy)
    except OSError as error:
        raise SaveError(f"{name} cannot be copied to be opened: {error.strerror}.") from error
    await open_on_desktop(target, environment)


async def _starts(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Start a program; does it still run after a while, or has it ended well?"""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
        start_new_session=True,
    )
    try:
        return await asyncio.wait_for(process.wait(), _SECONDS) == 0
    except TimeoutError:
        return True


def _opener(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command that opens files; over a line without a desktop it would take the terminal."""
    if sys.platform == "win32":
        return _START_FILE
    name = "open" if sys.platform == "darwin" else "xdg-open"
    path = shutil.which(name, path=environment.get("PATH")) if _has_desktop(environment) else None
    return (path,) if path else ()


def _has_desktop(environment: Mapping[str, str]) -> bool:
    shown = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return bool(shown) or sys.platform in ("win32", "darwin")
