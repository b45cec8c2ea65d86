"""External programs: opening files and links on the desktop, and editing texts in `$EDITOR`."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

from fakegpt_tui.domain import FakeGPTError, LoadError, SaveError
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from textual.app import App

_EDITOR = "vi"
"""Where the environment names none."""
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


async def edit_text(text: str, app: App[Any], environment: Mapping[str, str], *, name: str) -> str:
    """`text` as it comes back from `$VISUAL` or `$EDITOR` of the editor's `environment`.

    The terminal is the editor's meanwhile. Nothing is drawn, but replies go on streaming.

    Raises:
        FakeGPTError: The editor could not be started, or failed; the text is as it was.
    """
    command = _editor(environment)
    with TemporaryDirectory(prefix="fakegpt-tui-") as folder:
        path = Path(folder) / name
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        await _run([*command, str(path)], app, environment)
        try:
            return path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")
        except OSError as error:
            raise SaveError("The editor took the file away; the text is as it was.") from error


def _editor(environment: Mapping[str, str]) -> list[str]:
    chosen = environment.get("VISUAL") or environment.get("EDITOR") or _EDITOR
    try:
        return shlex.split(chosen) or [_EDITOR]
    except ValueError as error:
        raise FakeGPTError(f"The editor {chosen!r} cannot be understood as a command.") from error


async def _run(command: list[str], app: App[Any], environment: Mapping[str, str]) -> None:
    from textual.app import SuspendNotSupported  # noqa: PLC0415 - the plain mode needs none

    failure: BaseException | None = None
    try:
        # Textual does not resume an app whose block ends with an exception.
        with app.suspend():
            try:
                failure = await _run_editor(command, environment)
            except asyncio.CancelledError as error:
                failure = error
    except SuspendNotSupported as error:
        raise FakeGPTError("This terminal cannot be lent to an editor.") from error
    if failure is not None:
        raise failure


async def _run_editor(command: list[str], environment: Mapping[str, str]) -> FakeGPTError | None:
    """Run the editor to its end; what went wrong, if anything did."""
    try:
        process = await asyncio.create_subprocess_exec(*command, env=environment)
    except OSError as error:
        return FakeGPTError(f"The editor {command[0]!r} could not be started: {error.strerror}.")
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
    return FakeGPTError(f"The editor ended with code {code}.") if code else None
