"""Clipboard: copying text by OSC 52 and by the tools of the system, and saying where it went.

Mends: Textual writes OSC 52 alone, which many terminals ignore or cut, and reports success always.
Since: Textual 8.2.8. Can go: when terminals confirm OSC 52, and Textual reports what they answer.
"""

import asyncio
import os
import shutil
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fakegpt_tui.domain import SaveError
from fakegpt_tui.text import clipboard_text, count_hidden, safe_line
from fakegpt_tui.ui.terminal.output import tmux_passthrough

OSC_52_LIMIT = 74_994
"""Bytes of text; encoded they fill the 100,000 that hterm takes, the least of those known."""

_TOOL_SECONDS = 3.0

_TERMS_WITHOUT_CLIPBOARD = {"dumb", "linux", "vt100", "vt220"}
"""Values of TERM whose terminals have no clipboard."""

_NO_CLIPBOARD = "There is no clipboard here"
_TOO_LONG = "This is too long for the terminal to copy"

_KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR"),
    *("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "TMUX", "TMUX_TMPDIR"),
    *("SYSTEMROOT", "WSL_DISTRO_NAME", "WSL_INTEROP"),
)
"""What a clipboard tool needs to know; tokens and proxies are not for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """Where a copied text went.

    `tool` is the program that confirmed to have it, and `why` the reason for a file.
    """

    to_terminal: bool = False
    tool: str = ""
    file: Path | None = None
    why: str = _NO_CLIPBOARD
    hidden: int = 0
    dropped: int = 0

    def sentence(self, what: str) -> str:
        """A sentence for a person, in which `what` names the text in a word or two."""
        if self.tool:
            said = f"Copied the {what} with {self.tool}."
        elif self.to_terminal:
            said = f"Handed the {what} to the terminal to copy; not every terminal does."
        elif self.file is None:
            said = f"{self.why}; ctrl+c saves the {what} to a file."
        else:
            said = f"{self.why}; saved the {what} to {safe_line(str(self.file), 300)}."
        if self.dropped:
            said += f" {_count(self.dropped, 'control character')} left out."
        if self.hidden:
            said += f" {_count(self.hidden, 'hidden character')} in it."
        return said


async def copy_text(
    text: str,
    *,
    to_terminal: Callable[[str], bool],
    folder: Path | None,
    environment: Mapping[str, str] = os.environ,
    find_tool: Callable[[str], str | None] = shutil.which,
) -> CopyResult:
    """Copy `text` as it came, but for control characters: `text.copyable` is applied here.

    The terminal is told by OSC 52, which it does not confirm; so on this machine a tool is asked as
    well. Over SSH a tool would fill the clipboard of the wrong machine, except for tmux's own.
    Where there is neither, the text becomes a file.

    Args:
        text: What to copy, from whatever source.
        to_terminal: Writes a control sequence; `False` if there is no terminal.
        folder: Where a file may be made, if any. It is created if need be.
        environment: Tells what the terminal is.
        find_tool: Finds a program by its name.

    Raises:
        SaveError: It came down to a file, and that cannot be written.
    """
    clean = clipboard_text(text)
    data = clean.encode()
    sequence = osc_52(data, environment)
    told = bool(sequence) and to_terminal(sequence)
    tool = await _copy_with_tool(data, environment, find_tool)
    why = (
        _TOO_LONG
        if len(data) > OSC_52_LIMIT and not _lacks_clipboard(environment)
        else _NO_CLIPBOARD
    )
    return CopyResult(
        to_terminal=told,
        tool=tool,
        file=None if told or tool or folder is None else _save(data, folder, why),
        why=why,
        hidden=count_hidden(clean),
        dropped=len(text.replace("\r\n", "\n")) - len(clean),
    )


def osc_52(data: bytes, environment: Mapping[str, str]) -> str:
    """The control sequence that asks the terminal to copy; empty where that is no use.

    Inside tmux it is sent twice: once for tmux, if `set-clipboard` is on, and once wrapped for the
    terminal around it, if `allow-passthrough` is.
    """
    if _lacks_clipboard(environment) or len(data) > OSC_52_LIMIT:
        return ""
    sequence = f"\x1b]52;c;{b64encode(data).decode()}\x07"
    if environment.get("TMUX"):
        sequence += tmux_passthrough(sequence)
    return sequence


def _lacks_clipboard(environment: Mapping[str, str]) -> bool:
    """Does the terminal have no clipboard that a program can reach?"""
    return (
        environment.get("TERM", "") in _TERMS_WITHOUT_CLIPBOARD
        or environment.get("TERM_PROGRAM") == "Apple_Terminal"
        or "STY" in environment  # screen takes 768 bytes at most, and answers nothing
    )


def clipboard_tools(environment: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Commands that may fill the clipboard a person sees, best first. Text goes to their input."""
    found: list[tuple[str, ...]] = []
    if environment.get("TMUX"):
        found.append(("tmux", "load-buffer", "-w", "-"))
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return found
    local: list[tuple[str, ...]] = []
    if environment.get("WAYLAND_DISPLAY"):
        local.append(("wl-copy", "--type", "text/plain;charset=utf-8"))
    if environment.get("DISPLAY"):
        local += [("xclip", "-selection", "clipboard", "-in"), ("xsel", "--clipboard", "--input")]
    return [*local, ("pbcopy",), ("clip.exe",), *found]


async def _copy_with_tool(
    data: bytes, environment: Mapping[str, str], find_tool: Callable[[str], str | None]
) -> str:
    """The name of the first tool that took `data`; empty if none did."""
    for name, *arguments in clipboard_tools(environment):
        path = find_tool(name)
        # A program in the working folder is not trusted as a clipboard tool.
        if path is None or not Path(path).is_absolute():
            continue
        given = data.decode().encode("utf-16") if name == "clip.exe" else data
        if await _run([path, *arguments], given, environment):
            return name
    return ""


async def _run(command: Sequence[str], data: bytes, environment: Mapping[str, str]) -> bool:
    kept = {name: environment[name] for name in _KEPT_VARIABLES if name in environment}
    try:
        # Output is not read: xclip and wl-copy live on and would keep it open.
        process = await asyncio.create_subprocess_exec(
            *command,
            env=kept,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_TOOL_SECONDS):
            await process.communicate(data)
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode == 0


def _save(data: bytes, folder: Path, why: str) -> Path:
    path = folder / f"copy-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
    from fakegpt_tui.temporary_files import make_private_folder  # noqa: PLC0415 - seldom

    try:
        make_private_folder(folder)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as trouble:
        raise SaveError(f"{why}, and {safe_line(str(folder))} cannot be written.") from trouble
    return path


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
