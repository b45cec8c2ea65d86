"""Desktop: opens a file or a folder with the program that the system has for it."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from fakegpt_tui.domain import LoadError, SaveError
from fakegpt_tui.text import safe_line

_SECONDS = 10.0
"""After which an opener that still runs is taken for the program itself."""


async def open_on_desktop(path: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Open what is at `path`.

    Raises:
        LoadError: There is no desktop here, or it cannot open that.
    """
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 - what was saved here a moment ago
        return
    command = _opener(environment)
    if command is None:
        raise LoadError(f"There is no desktop here to open it on; it is {safe_line(str(path))}.")
    process = await asyncio.create_subprocess_exec(
        command, str(path), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
    )
    try:
        code = await asyncio.wait_for(process.wait(), _SECONDS)
    except TimeoutError:
        return
    if code:
        raise LoadError(f"The desktop has no program for {safe_line(str(path))}.")


async def open_copy(path: Path, name: str) -> None:
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
    await open_on_desktop(target)


def _opener(environment: Mapping[str, str]) -> str | None:
    """The command that opens files; over a line without a desktop it would take the terminal."""
    if sys.platform == "darwin":
        return shutil.which("open")
    has_desktop = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open", path=environment.get("PATH")) if has_desktop else None
