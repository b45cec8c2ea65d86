"""Running the one turn of `ask`, and printing its reply."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.ask_prompt import AskOutput, AskPlan, AskPrompt, attach, planned_conversation
from fakegpt_tui.cli.composition import open_chat, open_store
from fakegpt_tui.cli.output import ExitCode, echo_err, echo_json, echo_json_line, escaped, exit_code
from fakegpt_tui.cli.output_thread import OutputThread, printed_in_thread
from fakegpt_tui.cli.reply_printer import EventPrinter, ReplyPrinter
from fakegpt_tui.domain import ModelRef, ServiceKind, StoreError
from fakegpt_tui.domain.captions import captions
from fakegpt_tui.domain.part_json import part_values
from fakegpt_tui.formats.fields import encode_usage
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.text import safe_line, safe_text

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.cli.reply_printer import ReplyOutput
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain.exact_request import ExactRequest


SIGNAL_EXIT = 128
ENDING_SIGNALS = (
    *("SIGTERM", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2"),
    *("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU"),
)
"""What asks a program to end, besides ctrl+c."""


def ask_once(settings: Settings, prompt: AskPrompt, plan: AskPlan) -> int:
    """Ask as `plan` says, and print; the exit code of the process.

    Raises:
        FakeGPTError: The prompt could not be sent.
    """
    with printed_in_thread() as output, _opened(settings, plan) as store:
        return asyncio.run(_ask(settings, store, prompt, plan, output))


@contextmanager
def _opened(settings: Settings, plan: AskPlan) -> Iterator[ConversationStore]:
    """The store of a plan; where nothing is kept, for what a reply costs, or else in memory.

    Raises:
        StoreError: There is a budget, and no way to tell what is left of it.
    """
    is_needed = plan.is_kept or plan.continues is not None
    is_free = settings.chosen_service.kind is ServiceKind.EMBEDDED
    with ExitStack() as stack:
        store = None
        try:
            if is_needed or not is_free:
                store = stack.enter_context(open_store(settings, changes=plan.is_kept))
        except StoreError as error:
            if is_needed or settings.monthly_budget is not None:
                raise
            echo_err(f"What this costs is not counted. {error}")
        yield store or stack.enter_context(ConversationStore.open_in_memory())


def show_request(settings: Settings, prompt: AskPrompt, plan: AskPlan, *, as_curl: bool) -> None:
    """Print the request that `ask_once` would send; the list of models may be asked for.

    Raises:
        FakeGPTError: It cannot be made.
    """
    plan = replace(plan, is_kept=False)
    with (
        ConversationStore.open_in_memory() if plan.continues is None else open_store(settings)
    ) as store:
        made = asyncio.run(_preview(settings, store, prompt, plan))
    if as_curl:
        click.echo(made.to_curl(), nl=False)
    elif plan.output is AskOutput.TEXT:
        click.echo((safe_text if os.isatty(1) else escaped)(made.to_text()))
    else:
        echo_json(made.to_document())


async def _preview(
    settings: Settings, store: ChatStore, prompt: AskPrompt, plan: AskPlan
) -> ExactRequest:
    async with open_chat(settings, lambda: store) as chat:
        conversation = planned_conversation(chat, settings, plan)
        parts = await attach(chat, conversation.id, prompt)
        return await chat.requests.next(conversation, prompt.text, parts=parts)


async def _ask(
    settings: Settings,
    store: ChatStore,
    prompt: AskPrompt,
    plan: AskPlan,
    output: OutputThread,
) -> int:
    async with open_chat(settings, lambda: store) as chat:
        conversation = planned_conversation(chat, settings, plan)
        service = chat.services.find(conversation.service)
        if service is not None and service.notice:
            echo_err(service.notice)
        parts = await attach(chat, conversation.id, prompt)
        if parts:
            from fakegpt_tui.chat.attachments import require_sight  # noqa: PLC0415 - few have any

            model = ModelRef(conversation.service, conversation.model)
            await require_sight(chat.services, model, parts)
        if settings.monthly_budget is not None:
            chat.spending.way_over = "--over-budget sends it all the same."
        turn = chat.turns.new(conversation, prompt.text, parts=parts)
        if plan.output is AskOutput.LINES:
            echo_json_line({"type": "start", **_turn_fields(turn)})
        task = asyncio.create_task(_stream_reply(chat, turn, _printer(plan.output)))
        loop = asyncio.get_running_loop()
        actions: dict[str, Callable[[], object]] = {
            "SIGINT": turn.stop,
            **dict.fromkeys(ENDING_SIGNALS, task.cancel),
        }
        with (
            output.watched(lambda: loop.call_soon_threadsafe(turn.stop)),
            handle_signals(loop, actions) as got,
        ):
            await asyncio.wait([task])
        if got:
            output.hurry()
        if task.cancelled():
            if plan.output is not AskOutput.TEXT:
                _print_end(turn, plan.output)
            return SIGNAL_EXIT + (got[0] if got else signal.SIGINT)
        is_printed = task.result()
        _print_end(turn, plan.output)
        is_text = plan.output is AskOutput.TEXT
        code = _report_outcome(turn, turn.ending if is_text else turn.reply.error)
        return code if is_printed else code or ExitCode.FAILURE


def _printer(output: AskOutput) -> ReplyOutput | None:
    match output:
        case AskOutput.TEXT:
            return ReplyPrinter()
        case AskOutput.LINES:
            return EventPrinter()
        case AskOutput.JSON:
            return None


def _print_end(turn: Turn, output: AskOutput) -> None:
    match output:
        case AskOutput.TEXT:
            _print_captions(turn)
        case AskOutput.LINES:
            echo_json_line({"type": "end", **_document(turn)})
        case AskOutput.JSON:
            echo_json(_document(turn))


async def _stream_reply(chat: ChatService, turn: Turn, answer: ReplyOutput | None) -> bool:
    """Stream the reply to the printer, if there is one; true if all of it was printed.

    Raises:
        StoreError: The prompt could not be saved.
        OSError: Standard output takes no more; the reply was stopped for that.
    """
    unwritten: OSError | None = None
    try:
        async with turn:
            async for event in turn.events():
                if answer is not None and unwritten is None:
                    try:
                        answer.handle(event)
                    except OSError as error:
                        unwritten = error
                        turn.stop()
    except asyncio.CancelledError:
        if unwritten is None:
            raise
    finally:
        chat.turns.end(turn)
    if unwritten is not None:
        raise unwritten
    return answer is None or answer.finish()


def heeded_signals(names: Iterable[str]) -> list[signal.Signals]:
    """The signals of these names that there are here, and that are not ignored."""
    known = [signal.Signals[name] for name in names if name in signal.Signals.__members__]
    return [number for number in known if signal.getsignal(number) != signal.SIG_IGN]


@contextmanager
def handle_signals(
    loop: asyncio.AbstractEventLoop, actions: Mapping[str, Callable[[], object]]
) -> Iterator[list[int]]:
    """Act on signals inside the block; the list says which arrived. `nohup` has one ignored."""
    got: list[int] = []

    def handle(number: int, action: Callable[[], object]) -> None:
        got.append(number)
        action()

    numbers = heeded_signals(actions)
    with suppress(NotImplementedError):  # on Windows ctrl+c ends the program, and saves the reply
        for number in numbers:
            loop.add_signal_handler(number, handle, number, actions[number.name])
    try:
        yield got
    finally:
        with suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


def _report_outcome(turn: Turn, ending: str | None) -> ExitCode:
    """Print the error of the turn, or else how it ended; the exit code."""
    for error in (turn.error, turn.save_error):
        if error is not None:
            echo_err(str(error))
            return exit_code(error)
    if ending is not None:
        echo_err(ending)
    return ExitCode.DONE


def _print_captions(turn: Turn) -> None:
    """Print what came besides text, and the sources; apart from the reply itself."""
    for caption in captions(turn.reply.parts):
        echo_err(safe_line(caption.text, 1000))


def _turn_fields(turn: Turn) -> dict[str, object]:
    reply = turn.reply
    return {
        "version": 1,
        "conversation": turn.conversation.id,
        "service": reply.service,
        "model": reply.model,
        "prompt": turn.prompt.text,
    }


def _document(turn: Turn) -> dict[str, object]:
    reply = turn.reply
    return {
        **_turn_fields(turn),
        "reply": reply.text,
        "reasoning": reply.reasoning,
        "status": reply.status.value,
        "error": reply.error,
        **({"usage": encode_usage(reply.usage)} if reply.usage else {}),
        **({"parts": [part_values(part) for part in reply.parts]} if reply.parts else {}),
    }
