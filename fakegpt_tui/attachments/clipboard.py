"""Reading the clipboard of the system: a picture, files or text, by the tools that are there."""

import asyncio
import os
import shutil
import sys
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from fakegpt_tui.attachments.commands import end_process
from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.fast_import import dataclass

MAX_SECONDS = 3.0
MAX_BYTES = 33_554_432

_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/tiff", "image/bmp")
"""The best first: where a picture is offered in several, PNG lost nothing."""
_FILES = "text/uri-list"
_KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SYSTEMROOT"),
    *("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"),
    *("WSL_DISTRO_NAME", "WSL_INTEROP"),
)

_POWERSHELL = """
$i = Get-Clipboard -Format Image
if ($i) {
  $s = New-Object IO.MemoryStream
  $i.Save($s, [Drawing.Imaging.ImageFormat]::Png)
  [Convert]::ToBase64String($s.ToArray())
}
"""
_APPLE_SCRIPT = "get the clipboard as «class PNGf»"
_APPLE_TIFF = "get the clipboard as «class TIFF»"

FindTool = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class ClipboardContent:
    """What the clipboard holds: the bytes of a picture, addresses of files, or text."""

    picture: bytes = b""
    files: str = ""
    text: str = ""


async def read_clipboard(
    environment: Mapping[str, str] = os.environ,
    find_tool: FindTool = shutil.which,
    platform: str = sys.platform,
    *,
    max_seconds: float = MAX_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> ClipboardContent:
    """The picture of the clipboard, or else its files, or else its text.

    Raises:
        LoadError: There is no tool that could tell, or it failed.
    """
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        raise LoadError(
            "Over SSH the clipboard is that of the other machine. Copy the file here, and attach "
            "it with /attach."
        )
    tools = _Tools(environment, find_tool, max_seconds, max_bytes)
    for is_there, read in (
        # WSLg offers pictures in a form that few programs read; Windows itself has the best.
        (platform == "win32" or "WSL_DISTRO_NAME" in environment, _read_windows),
        (platform == "darwin", _read_mac),
        ("WAYLAND_DISPLAY" in environment, _read_wayland),
        ("DISPLAY" in environment, _read_x11),
    ):
        found = await read(tools) if is_there else None
        if found is not None:
            return found
    needed = {"darwin": "osascript", "win32": "PowerShell"}.get(
        platform, "wl-paste (package wl-clipboard) or xclip"
    )
    raise LoadError(f"The clipboard cannot be read: {needed} is needed for that.")


class _Tools:
    """Runs the tools that are installed, in an environment without secrets."""

    def __init__(
        self,
        environment: Mapping[str, str],
        find_tool: FindTool,
        max_seconds: float,
        max_bytes: int,
    ) -> None:
        self._environment = {
            name: environment[name] for name in _KEPT_VARIABLES if name in environment
        }
        self._find_tool = find_tool
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes

    def has(self, name: str) -> bool:
        path = self._find_tool(name)
        # A program in the working folder is not trusted as a clipboard tool.
        return path is not None and Path(path).is_absolute()

    async def output(self, name: str, *arguments: str) -> bytes:
        """The output of the tool; empty if it fails.

        Raises:
            LoadError: It hangs, or writes too much.
        """
        path = self._find_tool(name)
        if path is None:
            return b""
        try:
            process = await asyncio.create_subprocess_exec(
                path,
                *arguments,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return b""
        try:
            async with asyncio.timeout(self._max_seconds):
                data = await self._read(process)
        except TimeoutError as error:
            sentence = f"{name} did not answer within {self._max_seconds:g} seconds."
            raise LoadError(sentence) from error
        finally:
            await end_process(process)
        if len(data) > self._max_bytes:
            raise LoadError(f"The clipboard holds more than {self._max_bytes // 1_048_576} MiB.")
        return data if process.returncode == 0 else b""

    async def _read(self, process: asyncio.subprocess.Process) -> bytes:
        data = bytearray()
        while process.stdout is not None and len(data) <= self._max_bytes:
            if not (part := await process.stdout.read(65_536)):
                await process.wait()
                break
            data += part
        return bytes(data)


async def _read_wayland(tools: _Tools) -> ClipboardContent | None:
    if not tools.has("wl-paste"):
        return None
    offered = _words(await tools.output("wl-paste", "--list-types"))

    async def read(kind: str) -> bytes:
        return await tools.output("wl-paste", "--no-newline", "--type", kind)

    return await _best(offered, read)


async def _read_x11(tools: _Tools) -> ClipboardContent | None:
    if not tools.has("xclip"):
        return None

    async def read(kind: str) -> bytes:
        return await tools.output("xclip", "-selection", "clipboard", "-t", kind, "-o")

    return await _best(_words(await read("TARGETS")), read)


async def _best(offered: Sequence[str], get: Callable[[str], Awaitable[bytes]]) -> ClipboardContent:
    """Files before pictures, as a file manager offers an icon, too; text where there is neither."""
    if _FILES in offered:
        files = _text(await get(_FILES))
        if "file://" in files:
            return ClipboardContent(files=_without_comments(files))
    for kind in _TYPES:
        if kind in offered and (picture := await get(kind)):
            return ClipboardContent(picture=picture)
    kinds = ("text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "STRING")
    kind = next((each for each in kinds if each in offered), "")
    return ClipboardContent(text=_text(await get(kind)) if kind else "")


async def _read_mac(tools: _Tools) -> ClipboardContent | None:
    if tools.has("pngpaste") and (picture := await tools.output("pngpaste", "-")):
        return ClipboardContent(picture=picture)
    for script in (_APPLE_SCRIPT, _APPLE_TIFF):
        answer = _text(await tools.output("osascript", "-e", script)).strip()
        # «data PNGf89504E…», in hexadecimal digits
        digits = answer.removeprefix("«data ").removesuffix("»")[4:]
        with suppress(ValueError):
            if picture := bytes.fromhex(digits):
                return ClipboardContent(picture=picture)
    if not tools.has("pbpaste"):
        return None
    return ClipboardContent(text=_text(await tools.output("pbpaste")))


async def _read_windows(tools: _Tools) -> ClipboardContent | None:
    shell = next((each for each in ("powershell.exe", "powershell") if tools.has(each)), None)
    if shell is None:
        return None
    start = ("-NoProfile", "-NonInteractive", "-STA", "-Command")
    answer = await tools.output(
        shell, *start, f"Add-Type -AssemblyName System.Drawing;{_POWERSHELL}"
    )
    with suppress(NoBase64):
        if picture := b64decode(answer, validate=False):
            return ClipboardContent(picture=picture)
    return ClipboardContent(text=_text(await tools.output(shell, *start, "Get-Clipboard -Raw")))


def _words(data: bytes) -> list[str]:
    return data.decode(errors="replace").splitlines()


def _text(data: bytes) -> str:
    return decode_text(data) or ""


def _without_comments(addresses: str) -> str:
    lines = [each for each in addresses.splitlines() if each and not each.startswith("#")]
    return "\n".join(lines)
