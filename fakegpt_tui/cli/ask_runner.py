"""Running the one turn of `ask`, and printing its reply."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.ask_prompt import AskPrompt, attach
from fakegpt_tui.cli.composition import open_chat, open_store
from fakegpt_tui.cli.errors import ExitCode, echo_err, exit_code
from fakegpt_tui.cli.output import echo_json
from fakegpt_tui.domain import (
    AppendOnlyText,
    Conversation,
    MediaReceived,
    ModelChosen,
    Notice,
    OriginReported,
    PartAdded,
    Preset,
    ReasoningDelta,
    RemoteIdAssigned,
    ReplyEnded,
    RetryScheduled,
    ServiceKind,
    StoreError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    UsageReported,
)
from fakegpt_tui.domain.captions import captions
from fakegpt_tui.domain.part_json import part_values
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.text import replace_surrogates, safe_line, safe_text, without_controls

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain.exact_request import ExactRequest


class ReplyPrinter:
    """Prints a reply while it grows: made safe for a terminal, unchanged for a file.

    What a service takes back is waited for. Where the end does not mend it, a terminal gets the
    reply anew, a file has it rewritten, and a pipe gets nothing twice.
    """

    def __init__(self) -> None:
        self._is_terminal = os.isatty(1)
        self._file = _OutputFile()
        self._sanitize = self._choose_sanitizer()
        self._text = AppendOnlyText()
        self._reasoning: list[str] = []
        self._has_parts = False
        self._ends_line = True

    def handle(self, event: StreamEvent) -> None:
        """Print what `event` adds to the reply; notices go to standard error.

        Raises:
            OSError: Standard output takes no more.
        """
        match event:
            case TextDelta() | TextReplaced():
                self._write(self._text.apply(event))
            case RetryScheduled(attempt, of, delay, reason):
                echo_err(f"{reason} Trying again in {delay:.0f} s ({attempt}/{of}).")
            case Notice(text):
                echo_err(text)
            case ReasoningDelta(text):
                self._reasoning.append(text)
            case PartAdded() | MediaReceived():
                self._has_parts = True
            case (
                TitleSuggested()
                | ReplyEnded()
                | OriginReported()
                | UsageReported()
                | ModelChosen()
                | RemoteIdAssigned()
            ):
                pass

    def _choose_sanitizer(self) -> Callable[[str], str]:
        if self._is_terminal:
            return safe_text
        # What reads a pipe may show what it reads.
        return replace_surrogates if self._file.exists else without_controls

    def finish(self) -> bool:
        """End the last line, after what is still to be said; is the reply on standard output?"""
        is_printed = not self._text.is_rewritten or self._print_anew()
        if self._reasoning and not (self._has_parts or self._text.text.strip()):
            echo_err("The model gave no answer; this is its reasoning.")
            self._write("".join(self._reasoning))
        self._end_line()
        return is_printed

    def _print_anew(self) -> bool:
        """Print a reply that is no longer what was printed; whether there was a way."""
        if not self._is_terminal and not self._file.rewind():
            self._end_line()
            echo_err(
                "The service changed what it had written, and what is in the pipe cannot be taken"
                " back. The reply is:"
            )
            click.echo(safe_text(self._text.text), err=True)
            return False
        if self._is_terminal:
            self._end_line()
            echo_err("The service changed what it had written; here is the whole reply again.")
        self._write(self._text.text)
        return True

    def _end_line(self) -> None:
        if not self._ends_line:
            click.echo()
            self._ends_line = True

    def _write(self, text: str) -> None:
        if text:
            self._ends_line = text.endswith("\n")
            # With `color`, as click would take parts of a text for codes of its own.
            click.echo(self._sanitize(text), nl=False, color=True)


class _OutputFile:
    """Standard output where that is a file of its own, so that it can be written anew."""

    def __init__(self) -> None:
        found = os.fstat(1)
        is_file = stat.S_ISREG(found.st_mode)
        self._start = os.lseek(1, 0, os.SEEK_CUR) if is_file else -1
        if is_file and self._start < found.st_size:
            self._start = found.st_size  # It is appended to.

    @property
    def exists(self) -> bool:
        return self._start >= 0

    def rewind(self) -> bool:
        """Take away what was printed; `False` where that cannot be done."""
        if not self.exists:
            return False
        sys.stdout.flush()
        os.ftruncate(1, self._start)
        os.lseek(1, self._start, os.SEEK_SET)
        return True


_SIGNAL_EXIT = 128


def ask_once(
    settings: Settings, prompt: AskPrompt, chosen: Preset, *, as_json: bool, keep: bool
) -> int:
    """Ask as `chosen` says, and print; the exit code of the process.

    Raises:
        FakeGPTError: The prompt could not be sent.
    """
    with open_store(settings) if keep else _open_ledger(settings) as store:
        return asyncio.run(_ask(settings, store, prompt, chosen, as_json=as_json, keep=keep))


@contextmanager
def _open_ledger(settings: Settings) -> Iterator[ConversationStore]:
    """The store, for what a reply costs; one in memory where nothing can be counted.

    Raises:
        StoreError: There is a budget, and no way to tell what is left of it.
    """
    is_free = settings.chosen_service.kind is ServiceKind.EMBEDDED
    with ExitStack() as stack:
        store = None
        try:
            store = None if is_free else stack.enter_context(open_store(settings))
        except StoreError as error:
            if settings.monthly_budget is not None:
                raise
            echo_err(f"What this costs is not counted. {error}")
        yield store or stack.enter_context(ConversationStore.open_in_memory())


def show_request(
    settings: Settings, prompt: AskPrompt, chosen: Preset, *, as_curl: bool, as_json: bool
) -> None:
    """Print the request that `ask_once` would send; the list of models may be asked for.

    Raises:
        FakeGPTError: It cannot be made.
    """
    unseen = replace(settings, mirror=None)
    with ConversationStore.open_in_memory() as memory:
        made = asyncio.run(_preview(unseen, memory, prompt, chosen))
    if as_curl:
        click.echo(made.to_curl(), nl=False)
    elif as_json:
        echo_json(made.to_document())
    else:
        click.echo((safe_text if os.isatty(1) else replace_surrogates)(made.to_text()))


async def _preview(
    settings: Settings, store: ChatStore, prompt: AskPrompt, chosen: Preset
) -> ExactRequest:
    async with open_chat(settings, lambda: store) as chat:
        conversation = _configured(chat, chosen, keep=False)
        parts = await attach(chat, conversation.id, prompt)
        return await chat.requests.next(conversation, prompt.text, parts=parts)


def _configured(chat: ChatService, chosen: Preset, *, keep: bool) -> Conversation:
    """A new conversation with the settings of a preset."""
    conversation = chat.conversations.create(temporary=not keep)
    if chosen.system_prompt or chosen.generation != conversation.generation:
        chat.actions.configure(
            conversation.id, system_prompt=chosen.system_prompt, generation=chosen.generation
        )
    return conversation


async def _ask(
    settings: Settings,
    store: ChatStore,
    prompt: AskPrompt,
    chosen: Preset,
    *,
    as_json: bool,
    keep: bool,
) -> int:
    if settings.chosen_service.notice:
        echo_err(settings.chosen_service.notice)
    async with open_chat(settings, lambda: store) as chat:
        conversation = _configured(chat, chosen, keep=keep)
        parts = await attach(chat, conversation.id, prompt)
        turn = chat.turns.new(conversation, prompt.text, parts=parts)
        task = asyncio.create_task(_stream_reply(chat, turn, None if as_json else ReplyPrinter()))
        actions: dict[str, Callable[[], object]] = {
            "SIGINT": turn.stop,
            "SIGTERM": task.cancel,
            "SIGHUP": task.cancel,
        }
        with handle_signals(asyncio.get_running_loop(), actions) as got:
            await asyncio.wait([task])
        if task.cancelled():
            return _SIGNAL_EXIT + (got[0] if got else signal.SIGINT)
        is_printed = task.result()
        if as_json:
            echo_json(_document(turn))
        else:
            _print_captions(turn)
        code = _report_outcome(turn, turn.reply.error if as_json else turn.ending)
        return code if is_printed else code or ExitCode.FAILURE


async def _stream_reply(chat: ChatService, turn: Turn, answer: ReplyPrinter | None) -> bool:
    """Stream the reply to the printer, if there is one; is it where it belongs?

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


@contextmanager
def handle_signals(
    loop: asyncio.AbstractEventLoop, actions: Mapping[str, Callable[[], object]]
) -> Iterator[list[int]]:
    """Act on signals inside the block; the list says which arrived."""
    got: list[int] = []

    def handle(number: int, action: Callable[[], object]) -> None:
        got.append(number)
        action()

    numbers = [signal.Signals[name] for name in actions if name in signal.Signals.__members__]
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


def _document(turn: Turn) -> dict[str, object]:
    reply = turn.reply
    return {
        "version": 1,
        "conversation": turn.conversation.id,
        "service": reply.service,
        "model": reply.model,
        "prompt": turn.prompt.text,
        "reply": reply.text,
        "reasoning": reply.reasoning,
        "status": reply.status.value,
        "error": reply.error,
        **({"parts": [part_values(part) for part in reply.parts]} if reply.parts else {}),
    }
