"""The input loop of the plain chat."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import click

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.cli.app import open_chat
from fakegpt_tui.cli.ask_runner import handle_signals
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.plain import PlainChat


def run_plain_chat(settings: Settings, store: ChatStore, conversation_id: str | None) -> int:
    """Chat until the input ends or `/quit`; the exit code of the process.

    Raises:
        FakeGPTError: The chat could not be opened.
    """
    # The loop stands still while a line is typed: nothing else happens in a plain chat, and a
    # thread that waits for a line could not be ended.
    with asyncio.Runner() as runner:
        opened = open_chat(settings, store)
        chat = runner.run(opened.__aenter__())
        try:
            plain = PlainChat(chat, click.echo, exports=settings.folders.exports)
            if conversation_id is not None:
                plain.open(conversation_id)
            _chat(runner, chat, plain)
        finally:
            runner.run(opened.__aexit__(None, None, None))
    return 0


def _chat(runner: asyncio.Runner, chat: ChatService, plain: PlainChat) -> None:
    for line in _read_lines():
        if line.startswith("/"):
            if not runner.run(plain.run_command(line)):
                return
        elif line.strip():
            actions = {"SIGINT": partial(_stop_turns, chat)}
            with (
                handle_signals(runner.get_loop(), actions),
                suppress(asyncio.CancelledError),
            ):
                runner.run(plain.ask(line))


def _read_lines() -> Iterator[str]:
    """Lines of input, until ctrl+d or ctrl+c."""
    prompt = "You: " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(prompt)
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        yield line


def _stop_turns(chat: ChatService) -> None:
    """Let ctrl+c stop the reply, and not the program."""
    for turn in chat.active_turns.all():
        turn.stop()
