"""Running the one turn of `ask`, and ending it when a signal or the reader says so."""

import asyncio
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

import click

from fakegpt_tui.chat.memory import MemoryStore
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.cli.answer import ReplyPrinter
from fakegpt_tui.cli.composition import open_chat, open_store
from fakegpt_tui.cli.exits import ExitCode, echo_err, exit_code
from fakegpt_tui.config.settings import Settings

_SIGNAL_EXIT = 128


def ask_once(settings: Settings, prompt: str, *, as_json: bool, keep: bool) -> int:
    """Ask and print; the exit code of the process.

    Raises:
        FakeGPTError: It did not come to asking.
    """
    if not keep:
        unseen = replace(settings, mirror=None)
        return asyncio.run(_ask(unseen, MemoryStore(), prompt, as_json=as_json))
    with open_store(settings) as store:
        return asyncio.run(_ask(settings, store, prompt, as_json=as_json))


async def _ask(settings: Settings, store: ChatStore, prompt: str, *, as_json: bool) -> int:
    if settings.chosen_service.notice:
        echo_err(settings.chosen_service.notice)
    async with open_chat(settings, store) as chat:
        turn = chat.new_turn(chat.new_conversation(), prompt)
        task = asyncio.create_task(_stream_reply(chat, turn, None if as_json else ReplyPrinter()))
        with _handle_signals(
            {"SIGINT": turn.stop, "SIGTERM": task.cancel, "SIGHUP": task.cancel}
        ) as got:
            await asyncio.wait([task])
        if task.cancelled():
            return _SIGNAL_EXIT + (got[0] if got else signal.SIGINT)
        task.result()
        if as_json:
            click.echo(json.dumps(_document(turn), ensure_ascii=False, indent=2))
        return _report_outcome(turn)


async def _stream_reply(chat: ChatService, turn: Turn, answer: ReplyPrinter | None) -> None:
    """Take the reply.

    Raises:
        StoreError: The prompt could not be saved.
        OSError: Nobody reads standard output any more; the reply was stopped for that.
    """
    unwritten: OSError | None = None
    try:
        async with turn:
            async for event in turn.events():
                if answer is not None and unwritten is None:
                    try:
                        answer.handle(event, turn)
                    except OSError as error:
                        unwritten = error
                        turn.stop()
    except asyncio.CancelledError:
        if unwritten is None:
            raise
    finally:
        chat.end_turn(turn)
    if unwritten is not None:
        raise unwritten
    if answer is not None:
        answer.end_line()


@contextmanager
def _handle_signals(actions: Mapping[str, Callable[[], object]]) -> Iterator[list[int]]:
    """Act on signals inside the block; the list says which came."""
    loop = asyncio.get_running_loop()
    got: list[int] = []

    def note(number: int, action: Callable[[], object]) -> None:
        got.append(number)
        action()

    numbers = [signal.Signals[name] for name in actions if name in signal.Signals.__members__]
    with suppress(NotImplementedError):  # on Windows asyncio.run handles ctrl+c on its own
        for number in numbers:
            loop.add_signal_handler(number, note, number, actions[number.name])
    try:
        yield got
    finally:
        with suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


def _report_outcome(turn: Turn) -> ExitCode:
    """Tell what went wrong, if anything did; the exit code."""
    for error in (turn.error, turn.save_error):
        if error is not None:
            echo_err(str(error))
            return exit_code(error)
    if turn.reply.error is not None:
        echo_err(turn.reply.error)
    return ExitCode.DONE


def _document(turn: Turn) -> dict[str, object]:
    reply = turn.reply
    return {
        "version": 1,
        "conversation": turn.conversation.id,
        "service": reply.service,
        "model": reply.model,
        "prompt": turn.prompt.text,
        "reply": reply.text,
        "status": reply.status.value,
        "error": reply.error,
    }
