"""Commands of the user's shell: run without a terminal, within limits, with their output kept."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

from fakegpt_tui.domain.text_encodings import decode_text

MAX_SECONDS = 30.0
MAX_OUTPUT = 262_144
"""Bytes of output after which a command is ended."""

_READ_SIZE = 65_536
_END_SECONDS = 1.0
_CONTROL_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours and cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles and links
    r"|\x1b[()#][0-9A-Za-z]|\x1b[=>78cDEHMNOZ]"
)
_OVERWRITTEN = re.compile(r"(?<![^\n\r])[^\n\r]*+\r(?!\n|$)", re.MULTILINE)
"""What a progress bar has written on its line before."""


class ShellCommand:
    """One command line and its output, which can be read while it runs.

    It is told that there is no terminal, reads `given` and no more, and is ended with all it has
    started when its time or output goes beyond the limits, or when the task that runs it is
    cancelled.
    """

    def __init__(
        self,
        line: str,
        given: bytes = b"",
        *,
        max_seconds: float = MAX_SECONDS,
        max_output: int = MAX_OUTPUT,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.line = line
        self.given = given
        self.exit_code: int | None = None
        """The exit code; `None` while it runs, or where it was ended."""
        self.ending = ""
        """How it ended, as a sentence; empty while it runs."""
        self._max_seconds = max_seconds
        self._max_output = max_output
        self._environment = environment
        self._output = bytearray()

    @property
    def output(self) -> str:
        """What it wrote to standard output and standard error so far, without control sequences."""
        raw = bytes(self._output)
        text = decode_text(raw)
        if text is None:
            text = raw.decode(errors="replace")
        text = _CONTROL_SEQUENCE.sub("", text).replace("\r\n", "\n")
        return _OVERWRITTEN.sub("", text)

    @property
    def transcript(self) -> str:
        """The command, its output and how it ended, as a model is given it."""
        lines = [f"$ {self.line}", self.output.rstrip("\n")]
        return "\n".join([*filter(None, lines), f"[{self.ending}]", ""])

    async def run(self) -> None:
        """Run it to its end, or until a limit is reached; never raises for what it does."""
        began = monotonic()
        try:
            process = await self._start()
        except OSError as error:
            self.ending = f"It could not be started: {error.strerror}."
            return
        feeding = asyncio.create_task(self._feed(process))
        try:
            async with asyncio.timeout(self._max_seconds):
                if await self._read(process):
                    self.exit_code = await process.wait()
        except TimeoutError:
            self.ending = f"It was ended after {self._max_seconds:g} seconds."
        finally:
            feeding.cancel()
            await end_process(process)
        if self.exit_code is not None:
            self.ending = f"Exit code {self.exit_code} after {monotonic() - began:.1f} seconds."

    async def _start(self) -> asyncio.subprocess.Process:
        shell = self._environment.get("SHELL", "/bin/sh")
        command = [shell, "-c", self.line] if Path(shell).is_absolute() else ["sh", "-c", self.line]
        if sys.platform == "win32":
            command = ["cmd", "/c", self.line]
        return await asyncio.create_subprocess_exec(
            *command,
            env={**self._environment, "TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat"},
            stdin=asyncio.subprocess.PIPE if self.given else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def _feed(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None:
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(self.given)
            await process.stdin.drain()
        process.stdin.close()

    async def _read(self, process: asyncio.subprocess.Process) -> bool:
        """Read the output to its end; was it within the limit?"""
        if process.stdout is None:
            return True
        while data := await process.stdout.read(_READ_SIZE):
            self._output += data[: self._max_output - len(self._output)]
            if len(self._output) >= self._max_output:
                self.ending = f"It was ended at {self._max_output // 1024} KiB of output."
                return False
        return True


async def end_process(process: asyncio.subprocess.Process) -> None:
    """End a process and all that it has started, also after the process itself has ended."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    # What has left its group can hold a pipe open, for whose end asyncio would wait.
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    # Where more was written than is read, its pipe would stay open; asyncio has no public way.
    vars(process)["_transport"].close()
