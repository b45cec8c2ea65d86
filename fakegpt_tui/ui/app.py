"""The application: themes, the main screen, the workers that outlive it, and leaving in order."""

import asyncio
import signal
import webbrowser
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import on
from textual.filter import LineFilter
from textual.worker import Worker

from fakegpt_tui.chat.jobs import JobResult
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import FakeGPTError, LoginState, StoreError
from fakegpt_tui.ui.bindings import textual_keymap, validate_keys
from fakegpt_tui.ui.editor import edit_text
from fakegpt_tui.ui.login_actions import AuthAction, perform
from fakegpt_tui.ui.messages import (
    ApplySetting,
    CopyText,
    Job,
    JobFinished,
    LoginChanged,
    NotifyUser,
    OpenEditor,
    OpenLink,
    PromptEdited,
    PromptNotSaved,
    ReplyGrew,
    RunJob,
    RunLogin,
    RunTurn,
    ShowNotice,
    TurnFinished,
    TurnStarted,
)
from fakegpt_tui.ui.options import AmbiguousWidth, NotifyMode, Options, notification_sequence
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.terminal.bidi_isolates import BidiRepairingApp
from fakegpt_tui.ui.terminal.clipboard import copy_text
from fakegpt_tui.ui.terminal.crash_report import CrashReportingApp
from fakegpt_tui.ui.terminal.driver import driver_class
from fakegpt_tui.ui.terminal.key_serializer import KeySerializer
from fakegpt_tui.ui.terminal.line_filters import SafeLineFilter
from fakegpt_tui.ui.terminal.output import write_to_terminal
from fakegpt_tui.ui.terminal.signals import exit_code, handle_signals
from fakegpt_tui.ui.terminal.width_detection import (
    WidthDetection,
    WidthReported,
)
from fakegpt_tui.ui.themes import THEMES, theme_name

if TYPE_CHECKING:
    from textual.command import Provider

_SHUTDOWN_SECONDS = 1.0
"""How long leaving may wait for replies to be saved."""


def _chat_commands() -> "type[Provider]":
    from fakegpt_tui.ui.command_palette import ChatCommands  # noqa: PLC0415 - with the first palette

    return ChatCommands


class FakeGPTApp(KeySerializer, BidiRepairingApp, CrashReportingApp):
    """Runs what must outlive a screen; everything a person sees is the screen's."""

    TITLE = "fakegpt-tui"
    COMMANDS = {_chat_commands}
    COMMAND_PALETTE_BINDING = "f8"

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(driver_class=driver_class())
        self._chat = chat
        # One instance: strips are cached by the filters they went through.
        self._safe_filter = SafeLineFilter()
        self._widths = WidthDetection(self, options.ambiguous_width, isolates=options.isolates_bidi)
        self._options = options
        self._notify = options.notify
        for theme in THEMES:
            self.register_theme(theme)
        self._chat_screen = ChatScreen(chat, options)
        self._warned_unsaved = False

    async def run_async(self, **options: Any) -> None:
        """Run until somebody leaves, or the system says so by a signal."""
        loop = asyncio.get_running_loop()
        with handle_signals(loop, lambda number: self.call_later(self._end_on_signal, number)):
            await super().run_async(**options)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._safe_filter, *self._widths.filters]

    @property
    def writes_isolates(self) -> bool:
        return self._widths.isolates

    def on_mount(self) -> None:
        self._widths.start()
        self.theme = self._options.theme
        found = validate_keys(self._options.keys)
        self.set_keymap(textual_keymap(self._chat_screen.state.keys))
        self._chat.on_login(self._report_login)
        self.push_screen(self._chat_screen)
        for problem in found:
            self._chat_screen.post_message(ShowNotice(problem))

    @on(RunTurn)
    def run_turn(self, event: RunTurn) -> None:
        conversation_id = event.turn.conversation.id
        self.run_worker(
            self._take_turns(event.turn),
            group=f"turn-{conversation_id}",
            description="a turn",
        )

    async def _take_turns(self, turn: Turn | None) -> None:
        """Take a turn, and then those that were queued behind it."""
        while turn is not None:
            await self._take_turn(turn)
            turn = self._chat.next_turn(turn.conversation.id)

    async def _take_turn(self, turn: Turn) -> None:
        """Stream a reply, reporting what happens as facts. Touches no widget."""
        report = self._chat_screen.post_message
        conversation_id = turn.conversation.id
        try:
            async with turn:
                report(TurnStarted(turn.prompt.text if turn.is_new_prompt else ""))
                async for _ in turn.events():
                    if not self._chat_screen.repaints_soon:
                        report(ReplyGrew())
        except StoreError as error:
            report(PromptNotSaved(conversation_id, turn.draft_text, str(error)))
        finally:
            self._chat.end_turn(turn)
            if turn.is_saved:
                saved = () if turn.save_error is None else (str(turn.save_error),)
                report(TurnFinished(turn.reply, (*turn.notices, *saved)))

    @on(RunLogin)
    def run_login(self, event: RunLogin) -> None:
        self.run_worker(
            self._log_in(event.service, event.action),
            group=f"login-{event.service}",
            exclusive=True,
            description="a login",
        )

    async def _log_in(self, service: str, wish: AuthAction) -> None:
        try:
            sentence = await perform(self._chat, service, wish)
        except FakeGPTError as error:
            sentence = str(error)
        if sentence:
            self._chat_screen.post_message(ShowNotice(sentence))

    @on(CopyText)
    def run_copy(self, event: CopyText) -> None:
        self.run_worker(self._copy(event.text, event.what), group="copy", description="a copy")

    async def _copy(self, text: str, what: str) -> None:
        report = self._chat_screen.post_message
        try:
            route = await copy_text(
                text,
                to_terminal=lambda sequence: write_to_terminal(self, sequence),
                folder=self._options.exports,
            )
        except FakeGPTError as error:
            report(ShowNotice(str(error)))
        else:
            report(ShowNotice(f"{what.capitalize()}: {route.sentence}"))

    @on(NotifyUser)
    def announce(self, event: NotifyUser) -> None:
        if sequence := notification_sequence(self._notify, event.title, event.sentence):
            write_to_terminal(self, sequence)

    @on(ApplySetting)
    def use_setting(self, event: ApplySetting) -> None:
        match event.name:
            case "theme":
                self.theme = theme_name(event.value or None)
            case "notify":
                self._notify = NotifyMode(event.value)
            case "ambiguous_width":
                self._widths.set_preference(AmbiguousWidth(event.value))
            case "enter":
                self.set_keymap(textual_keymap(self._chat_screen.state.keys))
            case _:
                pass  # the screen uses it

    @on(WidthReported)
    def take_width(self, event: WidthReported) -> None:
        self._widths.handle_report(event)

    @on(OpenEditor)
    def run_editor(self, event: OpenEditor) -> None:
        self.run_worker(self._edit(event.text), group="editor", description="an editor")

    async def _edit(self, text: str) -> None:
        report = self._chat_screen.post_message
        try:
            report(PromptEdited(await edit_text(text, self)))
        except FakeGPTError as error:
            report(ShowNotice(str(error)))

    @on(RunJob)
    def run_job(self, event: RunJob) -> None:
        self.run_worker(self._run(event.job), group="jobs", description="a job")

    async def _run(self, job: Job) -> None:
        try:
            job.result = await job.run(job.progress)
        except FakeGPTError as error:
            job.result = JobResult(str(error))
        self._chat_screen.post_message(JobFinished(job))

    @on(OpenLink)
    def open_link(self, event: OpenLink) -> None:
        self.run_worker(
            asyncio.to_thread(webbrowser.open, event.href),
            group="links",
            description="a link",
        )

    async def action_quit(self) -> None:
        """Stop all replies, wait until they are saved, and leave; ask again if they are not."""
        if self._chat.emergency_export.is_needed and not self._warned_unsaved:
            self._warned_unsaved = True
            self._chat_screen.window.notify(
                "NOT SAVED: ctrl+q again leaves, and writes files instead."
            )
            return
        self._chat.stop_all()
        await self._shut_down(0)

    async def _end_on_signal(self, number: signal.Signals) -> None:
        """Leave because the system says so; replies under way count as interrupted."""
        for worker in self._turn_workers():
            worker.cancel()
        await self._shut_down(exit_code(number))

    async def _shut_down(self, code: int) -> None:
        if self._chat_screen.is_mounted:
            self._chat_screen.window.save_position()
        waits = [worker.wait() for worker in self._turn_workers()]
        if waits:
            over = asyncio.gather(*waits, return_exceptions=True)
            await asyncio.wait([over], timeout=_SHUTDOWN_SECONDS)
        self.exit(return_code=code)

    def _turn_workers(self) -> list[Worker[object]]:
        return [
            worker
            for worker in self.workers
            if worker.group.startswith("turn-") and not worker.is_finished
        ]

    def _report_login(self, _service: str, _state: LoginState) -> None:
        self._chat_screen.post_message(LoginChanged())
