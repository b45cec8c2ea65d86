"""Desktop: opens a file or a folder with the program that the system has for it."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from pathlib import Path

from fakegpt_tui.domain import LoadError
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


def _opener(environment: Mapping[str, str]) -> str | None:
    """The command that opens files; over a line without a desktop it would take the terminal."""
    if sys.platform == "darwin":
        return shutil.which("open")
    has_desktop = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open", path=environment.get("PATH")) if has_desktop else None
