"""Edit a text in `$VISUAL` or `$EDITOR`, while replies go on."""

import asyncio
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.app import App, SuspendNotSupported

from fakegpt_tui.domain import FakeGPTError, SaveError

_DEFAULT = "vi"


async def edit_text(
    text: str, app: App[Any], environment: Mapping[str, str], *, name: str = "prompt.md"
) -> str:
    """`text` as it comes back from `$VISUAL` or `$EDITOR` of the editor's `environment`.

    The terminal is the editor's meanwhile. Nothing is drawn, but replies go on streaming.

    Raises:
        FakeGPTError: The editor could not be started, or failed; the text is as it was.
    """
    command = _command(environment)
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


def _command(environment: Mapping[str, str]) -> list[str]:
    chosen = environment.get("VISUAL") or environment.get("EDITOR") or _DEFAULT
    try:
        return shlex.split(chosen) or [_DEFAULT]
    except ValueError as error:
        raise FakeGPTError(f"The editor {chosen!r} cannot be understood as a command.") from error


async def _run(command: list[str], app: App[Any], environment: Mapping[str, str]) -> None:
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
