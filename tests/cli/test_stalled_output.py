"""A terminal or a pipe that takes nothing: the reply is saved all the same, and signals end it."""

import asyncio
import os
import pty
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import click
import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.cli.ask_runner import handle_signals
from fakegpt_tui.cli.output_thread import printed_in_thread
from fakegpt_tui.cli.plain_chat import _obey
from fakegpt_tui.domain import ChatMessage, MessageStatus, ReplyEnded, TextDelta
from tests.cli.program import COMMAND, Home, served
from tests.patience import PATIENCE
from tests.stubs import SERVICE, MemoryStore, connecting
from tests.terminal import Terminal

LONG = [*(TextDelta(f"{number:>99}\n") for number in range(3000)), ReplyEnded()]
"""More than a pipe or a terminal holds."""
TEXT = "".join(each.text for each in LONG[:-1] if isinstance(each, TextDelta))


def wait_until_saved(home: Home) -> None:
    """Wait until all of the reply is on disk, which nothing has taken yet."""
    deadline = time.monotonic() + PATIENCE
    with home.store() as store:
        found: list[ChatMessage] = []
        while [(each.status, each.text) for each in found] != [(MessageStatus.COMPLETE, TEXT)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            found = [store.path(each.id)[-1] for each in store.conversations()]


def test_a_pipe_that_is_not_read_stops_neither_the_reply_nor_a_signal(home: Home) -> None:
    with served(LONG) as (_, url):
        home.use_service(url)
        with home.started("ask", "Hi") as process:
            wait_until_saved(home)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130


@contextmanager
def piped_output() -> Iterator[int]:
    """What reads standard output, which is a pipe meanwhile."""
    reader, writer = os.pipe()
    before = os.dup(1)
    os.dup2(writer, 1)
    os.close(writer)
    with os.fdopen(1, "w", encoding="utf-8", closefd=False) as file, redirect_stdout(file):
        try:
            yield reader
        finally:
            os.dup2(before, 1)
            os.close(before)


def test_a_pipe_that_is_read_late_gets_all_in_its_order() -> None:
    taken = b""
    with piped_output() as reader, printed_in_thread():
        click.echo(TEXT, nl=False)
        click.echo("end")
        while not taken.endswith(b"end\n"):
            taken += os.read(reader, 65536)
    os.close(reader)
    assert taken == TEXT.encode() + b"end\n"


def test_a_reader_that_has_left_is_told() -> None:
    told = threading.Event()

    def print_into_nothing() -> None:
        with piped_output() as reader, printed_in_thread() as output, output.watched(told.set):
            os.close(reader)
            click.echo("lost")
            assert told.wait(PATIENCE)

    with pytest.raises(BrokenPipeError):
        print_into_nothing()


def test_a_terminal_that_takes_nothing_stops_only_what_is_read_out(home: Home) -> None:
    with served(LONG) as (_, url):
        home.use_service(url)
        with Terminal([*COMMAND, "--plain"], env=home.environment) as terminal:
            terminal.wait_for("You:")
            terminal.stop_reading()
            terminal.type("Hi\n")
            wait_until_saved(home)
            terminal.signal(signal.SIGHUP)
            assert terminal.process.wait(PATIENCE) == 129


def test_a_signal_gives_the_terminal_its_modes_back(home: Home) -> None:
    master, slave = pty.openpty()
    fresh = termios.tcgetattr(master)[:4]
    os.close(master)
    os.close(slave)
    with Terminal([*COMMAND, "--plain"], env=home.environment) as terminal:
        # Python looks for signals where waiting is interrupted, and not right before that.
        terminal.wait_for(lambda seen: "You:" in seen.text and is_waiting(seen.process.pid))
        assert terminal.line_modes() != fresh
        terminal.signal(signal.SIGTERM)
        assert terminal.process.wait(PATIENCE) == 143
        assert terminal.line_modes() == fresh


def is_waiting(process: int) -> bool:
    """Does its main thread sleep?"""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "S"


class EndlessPlainChat:
    """A command that takes long sends a signal to this process."""

    def __init__(self, number: signal.Signals) -> None:
        self._number = number

    async def run_command(self, _line: str) -> bool:
        os.kill(os.getpid(), self._number)
        await asyncio.Event().wait()
        return False


@pytest.fixture
def chat() -> ChatService:
    backend = connecting(ScriptedBackend())
    return ChatService(MemoryStore, {"scripted": SERVICE}, backend, service="scripted")


async def test_ctrl_c_ends_a_command_of_the_plain_chat_and_not_the_chat(chat: ChatService) -> None:
    plain: Any = EndlessPlainChat(signal.SIGINT)
    assert await _obey(chat, plain, "/import big.zip") is True


async def test_another_signal_ends_the_plain_chat(chat: ChatService) -> None:
    plain: Any = EndlessPlainChat(signal.SIGQUIT)
    with pytest.raises(SystemExit, match="131"):
        await _obey(chat, plain, "/import big.zip")


async def test_a_signal_that_is_ignored_as_by_nohup_stays_ignored() -> None:
    got: list[str] = []
    actions: dict[str, Callable[[], object]] = {"SIGHUP": lambda: got.append("SIGHUP")}
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handle_signals(asyncio.get_running_loop(), actions):
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert got == []
