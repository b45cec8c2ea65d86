"""Starting the plain chat: its lines of input, and what it needs of the program."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from fakegpt_tui.attachments.snippets import read_snippets
from fakegpt_tui.cli.ask_runner import ENDING_SIGNALS, SIGNAL_EXIT, handle_signals, heeded_signals
from fakegpt_tui.cli.composition import open_chat, without_service_keys
from fakegpt_tui.cli.output_thread import OutputThread, printed_in_thread
from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore
from fakegpt_tui.domain import ConfigError, LoadError, Secret
from fakegpt_tui.plain.chat import PlainChat
from fakegpt_tui.plain.session import PlainPorts

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.cli.service_registry import ServiceRegistry
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain.parts import Part
    from fakegpt_tui.plain.session import MessagePiece


def run_plain_chat(
    settings: Settings, store: ChatStore, conversation_id: str | None, *, temporary: bool
) -> int:
    """Chat until the input ends or `/quit`; the exit code of the process.

    Raises:
        FakeGPTError: The chat could not be opened.
    """
    # The loop stands still while a line is typed: nothing else happens in a plain chat, and a
    # thread that waits for a line could not be ended.
    with printed_in_thread() as output, asyncio.Runner() as runner:
        opened = open_chat(settings, lambda: store, temporary=temporary)
        chat = runner.run(opened.__aenter__())
        try:
            plain = PlainChat(chat, click.echo, _plain_ports(settings, output))
            if conversation_id is not None:
                plain.open(conversation_id)
            for line in _read_lines(output):
                if not runner.run(_obey(chat, plain, line)):
                    break
        finally:
            runner.run(opened.__aexit__(None, None, None))
    return 0


async def _obey(chat: ChatService, plain: PlainChat, line: str) -> bool:
    """Do what a line asks for, until ctrl+c; may the chat go on?

    Raises:
        SystemExit: A signal asked the program to end, and a reply counts as interrupted.
    """
    is_command = line.startswith("/") and not line.startswith("//")
    work = plain.run_command(line) if is_command else plain.ask(line.removeprefix("/"))
    task = asyncio.create_task(work)
    actions: dict[str, Callable[[], object]] = {
        # ctrl+c stops the reply, and not the program.
        "SIGINT": lambda: chat.active_turns.stop_all() or task.cancel(),
        **dict.fromkeys(ENDING_SIGNALS, task.cancel),
    }
    with handle_signals(asyncio.get_running_loop(), actions) as got:
        await asyncio.wait([task])
    ending = [number for number in got if number != signal.SIGINT]
    if ending:
        raise SystemExit(SIGNAL_EXIT + ending[0])
    return task.cancelled() or task.result() is not False


def _plain_ports(settings: Settings, output: OutputThread) -> PlainPorts:
    """What the plain chat needs of this program; what writes by itself waits for `output`."""
    choices = LastChoices(settings.choices_file)

    @cache
    def services() -> ServiceRegistry:
        from fakegpt_tui.cli.service_registry import ServiceRegistry  # noqa: PLC0415 - not at once

        return ServiceRegistry(settings)

    return PlainPorts(
        exports=settings.folders.exports,
        services=services,
        settings=SettingsStore(settings, themes=partial(_theme_names, settings), choices=choices),
        remember=choices.remember,
        edit=partial(_edit_text, settings, output),
        read_secret=partial(_read_secret, output),
        items=_message_items,
        write_file=_write_file,
        snippets=lambda: read_snippets(settings.snippets_folder).snippets,
        snippets_folder=settings.snippets_folder,
        copy=partial(_copy, settings),
        open_file=partial(_open_file, settings),
        links=_message_links,
        open_link=partial(_open_link, settings),
        suspend=partial(_suspend, output),
    )


async def _copy(settings: Settings, text: str, what: str) -> str:
    from fakegpt_tui.ui.terminal.clipboard import copy_text  # noqa: PLC0415 - Textual, and seldom

    # A screen reader would read the sequence out that tells a terminal to copy.
    folder = settings.folders.exports
    result = await copy_text(text, to_terminal=lambda _sequence: False, folder=folder)
    return result.sentence(what)


async def _open_file(settings: Settings, path: Path, name: str) -> None:
    from fakegpt_tui.ui.external_programs import open_copy, open_on_desktop  # noqa: PLC0415 - seldom

    environment = without_service_keys(settings)
    if name:
        await open_copy(path, name, environment)
    else:
        await open_on_desktop(path, environment)


def _message_links(text: str, parts: Sequence[Part]) -> Sequence[tuple[str, str]]:
    from fakegpt_tui.ui.markdown.inline import message_links  # noqa: PLC0415 - seldom

    return message_links(text, parts)


async def _open_link(settings: Settings, href: str) -> None:
    from fakegpt_tui.ui.dialogs.link import check_link  # noqa: PLC0415 - Textual, and seldom
    from fakegpt_tui.ui.external_programs import open_link  # noqa: PLC0415 - seldom

    if refusal := check_link(href).refusal:
        raise LoadError(refusal)
    await open_link(href, without_service_keys(settings))


def _suspend(output: OutputThread) -> None:
    """Stop until the shell lets the program go on.

    Raises:
        ConfigError: This system has no such thing.
    """
    if sys.platform == "win32":
        raise ConfigError("Programs cannot be stopped and gone on with on this system.")
    output.drain()
    signal.raise_signal(signal.SIGTSTP)


def _theme_names(settings: Settings) -> Sequence[str]:
    from fakegpt_tui.ui.themes import theme_files, theme_names  # noqa: PLC0415 - Textual, and seldom

    return theme_names(theme_files(settings.themes_folder))


def _message_items(text: str, parts: Sequence[Part]) -> Sequence[MessagePiece]:
    from fakegpt_tui.ui.dialogs.items import items_of  # noqa: PLC0415 - Textual, and seldom

    return items_of(text, parts)


def _write_file(typed: str, data: bytes) -> Path:
    from fakegpt_tui.ui.controllers.items import write_new_file  # noqa: PLC0415 - as above

    return write_new_file(typed, data)


def _edit_text(settings: Settings, output: OutputThread, text: str) -> str | None:
    """A text as it is edited in $EDITOR; nothing where that is not done."""
    output.drain()
    try:
        return click.edit(text, env=dict(without_service_keys(settings)), extension=".md")
    except click.ClickException as error:
        raise ConfigError(error.format_message()) from error


def _read_secret(output: OutputThread, question: str) -> Secret | None:
    """A line that is typed and not shown."""
    output.drain()
    try:
        typed = str(click.prompt(question, hide_input=True, prompt_suffix="", err=True, default=""))
    except click.Abort:
        return None
    return Secret(typed.strip()) if typed.strip() else None


def _read_lines(output: OutputThread) -> Iterator[str]:
    """Lines of input that say something, until ctrl+d or ctrl+c."""
    prompt = "You: " if sys.stdin.isatty() else ""
    if prompt:
        from fakegpt_tui.cli.line_editing import edit_lines_by_characters  # noqa: PLC0415 - for plain mode alone

        edit_lines_by_characters()
    while True:
        try:
            with _leaving_on_signals():
                output.drain()
                line = input(prompt)
        except (EOFError, KeyboardInterrupt):
            output.hurry()
            click.echo()
            return
        if line.strip():
            yield line


@contextmanager
def _leaving_on_signals() -> Iterator[None]:
    """Leave on a signal as at the end of the input: the terminal gets back what it was."""

    def leave(number: int, _frame: object) -> NoReturn:
        raise SystemExit(SIGNAL_EXIT + number)

    before = {number: signal.signal(number, leave) for number in heeded_signals(ENDING_SIGNALS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
