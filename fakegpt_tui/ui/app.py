"""The Textual app: themes, the workers that outlive the main screen, and the shutdown."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from textual import constants, on
from textual.filter import LineFilter
from textual.message import Message
from textual.worker import Worker

from fakegpt_tui.domain import ConfigError, FakeGPTError, SaveError, StoreError
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import textual_keymap, validate_keys
from fakegpt_tui.ui.messages import (
    ApplySetting,
    CopyText,
    NotifyUser,
    OpenEditor,
    OpenFile,
    OpenLink,
    PromptEdited,
    PromptNotSaved,
    ReadClipboard,
    ReplyGrew,
    Report,
    RunJob,
    RunLogin,
    RunTurn,
    ShowNotice,
    StoreUnreadable,
    TurnFinished,
    TurnStarted,
)
from fakegpt_tui.ui.options import AmbiguousWidth, NotifyMode, Options, notification_sequence
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.terminal.driver import ResizedApp, driver_class
from fakegpt_tui.ui.terminal.input_parser import (
    BackgroundReported,
    ClipboardAnswered,
    TerminalAnswered,
)
from fakegpt_tui.ui.terminal.key_serializer import KeySerializer
from fakegpt_tui.ui.terminal.line_filters import BidiRepairingApp, SafeLineFilter
from fakegpt_tui.ui.terminal.output import OverlaidApp, tmux_passthrough, write_to_terminal
from fakegpt_tui.ui.terminal.shutdown import (
    CrashReportingApp,
    exit_code,
    handle_signals,
    has_job_control,
)
from fakegpt_tui.ui.terminal.width_detection import WidthDetection, WidthReported
from fakegpt_tui.ui.themes import ThemeSwitch, theme_variables

if TYPE_CHECKING:
    from fakegpt_tui.chat.jobs import Job
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.ui.terminal.clipboard_reading import TerminalClipboard
    from fakegpt_tui.ui.terminal.graphics import GraphicsDetection

_SHUTDOWN_SECONDS = 1.0
"""How long quitting may wait for replies to be saved."""


class FakeGPTApp(KeySerializer, ResizedApp, OverlaidApp, BidiRepairingApp, CrashReportingApp):
    """Runs what must outlive a screen; all that is shown belongs to the screen."""

    TITLE = "fakegpt-tui"
    ENABLE_COMMAND_PALETTE = False
    VERTICAL_BREAKPOINTS = [
        (0, "-tiny"),
        (9, "-low"),
        (20, "-middle"),
        (24, "-usual"),
        (34, "-high"),
        (44, "-tall"),
    ]
    # The first screen's, which are parsed with everything else and not once more after it.
    CSS_PATH = "screens/chat.tcss"

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(driver_class=driver_class())
        self._chat = chat
        # One instance: strips are cached by the filters they went through.
        self._safe_filter = SafeLineFilter()
        self._widths = WidthDetection(self, options.ambiguous_width, isolates=options.isolates_bidi)
        self._options = options
        self._notify = options.notify
        self._set_motion(options.value("motion", "on"))
        self._themes = ThemeSwitch(self, options.theme, options.theme_files, options.memory)
        self._themes.is_transparent = options.value("transparent", default=False)
        self._themes.start()
        self._chat_screen = ChatScreen(chat, options)
        self._told_loss = ""
        self.unreadable: StoreUnreadable | None = None
        """Set where the store could not be read at the start, and is to be opened anew."""

    async def run_async(self, **options: Any) -> None:
        """Run until the user quits, or a signal ends the program."""
        loop = asyncio.get_running_loop()
        with handle_signals(loop, lambda number: self.call_later(self._end_on_signal, number)):
            await super().run_async(**options)

    def get_css_variables(self) -> dict[str, str]:
        self.theme_variables = theme_variables(self, super().get_css_variables())
        return self.theme_variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [
            *super().get_line_filters(),
            *self._themes.filters(self.theme_variables),
            self._safe_filter,
            *self._widths.filters,
        ]

    @property
    def has_isolated(self) -> bool:
        return self._widths.has_isolated

    def get_default_screen(self) -> ChatScreen:
        return self._chat_screen

    def on_mount(self) -> None:
        self._widths.start()
        self._themes.watch()
        if self._themes.problem is not None:
            self.show_error(self._themes.problem)
        found = validate_keys(self._options.keys)
        self.set_keymap(textual_keymap(self._chat_screen.state.keys))
        self._chat.services.on_login = lambda _service, _state: self._report(Report())
        for problem in found:
            self._report(ShowNotice(problem))

    def _report(self, message: Message) -> None:
        self._chat_screen.post_message(message)

    def show_error(self, error: FakeGPTError) -> None:
        self._report(ShowNotice(str(error)))

    @on(StoreUnreadable)
    def end_unreadable(self, event: StoreUnreadable) -> None:
        self.unreadable = event
        self.exit(return_code=1)

    @on(RunTurn)
    def run_turn(self, event: RunTurn) -> None:
        group = f"turn-{event.turn.conversation.id}"
        self.run_worker(self._take_turns(event.turn), group=group, description="a turn")

    async def _take_turns(self, turn: Turn | None) -> None:
        """Run a turn, and then those that were queued behind it."""
        while turn is not None:
            await self._take_turn(turn)
            try:
                turn = self._chat.turns.next_queued(turn.conversation.id)
            except FakeGPTError as error:
                self.show_error(error)
                return

    async def _take_turn(self, turn: Turn) -> None:
        """Stream a reply, and report what happens to the screen."""
        try:
            async with turn:
                self._report(TurnStarted(turn.prompt.text if turn.is_new_prompt else ""))
                async for _ in turn.events():
                    if self._chat_screen.repaint_timer is None:
                        self._report(ReplyGrew())
        except StoreError as error:
            draft = turn.draft_text, str(error), turn.draft_parts
            self._report(PromptNotSaved(turn.conversation.id, *draft))
        finally:
            self._chat.turns.end(turn)
            if turn.is_saved:
                saved = () if turn.save_error is None else (str(turn.save_error),)
                self._report(TurnFinished(turn.reply, (*turn.notices, *saved), turn.ending))
                self._make_title(turn)

    def _make_title(self, turn: Turn) -> None:
        """Let a model title a new conversation, where one was chosen for that."""
        titles = self._chat.titles
        if titles.is_wanted(turn):

            async def make() -> None:
                await titles.make(turn)
                self._report(ReplyGrew())

            self.run_worker(make(), group=f"title-{turn.conversation.id}", description="a title")

    def _run(self, work: Awaitable[Report | None], group: str, *, exclusive: bool = False) -> None:
        """Run something that outlives the screen, and report its result or error there."""
        worker = self._report_result(work)
        self.run_worker(worker, group=group, exclusive=exclusive, description=group)

    async def _report_result(self, work: Awaitable[Report | None]) -> None:
        try:
            report = await work
        except FakeGPTError as error:
            report = ShowNotice(str(error))
        if report is not None:
            self._report(report)

    @on(RunLogin)
    def run_login(self, event: RunLogin) -> None:
        self._run(self._log_in(event), f"login-{event.service}", exclusive=True)

    async def _log_in(self, event: RunLogin) -> Report | None:
        from fakegpt_tui.ui.controllers.services import perform_login  # noqa: PLC0415 - when used

        return await perform_login(self._chat, event.service, event.action)

    @on(CopyText)
    def run_copy(self, event: CopyText) -> None:
        self._run(self._copy(event), "copy")

    async def _copy(self, event: CopyText) -> Report:
        from fakegpt_tui.ui.terminal.clipboard import copy_text  # noqa: PLC0415 - when used

        result = await copy_text(
            event.text,
            to_terminal=lambda sequence: write_to_terminal(self, sequence),
            folder=self._options.exports if event.by_key else None,
        )
        return ShowNotice(result.sentence(event.what))

    @on(OpenEditor)
    def run_editor(self, event: OpenEditor) -> None:
        self._run(self._edit(event), "editor")

    async def _edit(self, event: OpenEditor) -> Report:
        from fakegpt_tui.ui.external_programs import edit_text  # noqa: PLC0415 - when used

        environment = self._options.child_environment()
        edited = await edit_text(event.text, self, environment, name=event.name)
        return PromptEdited(edited, event.take)

    @on(RunJob)
    def run_job(self, event: RunJob) -> None:
        self._run(self._finish_job(event.job), "jobs")

    async def _finish_job(self, job: Job) -> Report | None:
        try:
            job.result = await job.run(job.progress)
        except FakeGPTError as error:
            from fakegpt_tui.chat.jobs import JobResult  # noqa: PLC0415 - where a job was run

            job.result = JobResult(str(error))
        return None if job.is_watched else ShowNotice(job.result.summary)

    @on(OpenLink)
    def open_link(self, event: OpenLink) -> None:
        from fakegpt_tui.ui.external_programs import open_link  # noqa: PLC0415 - when used

        self._run(open_link(event.href, self._options.child_environment()), "links")

    @on(OpenFile)
    def open_file(self, event: OpenFile) -> None:
        self._run(self._open_file(event), "open")

    async def _open_file(self, event: OpenFile) -> Report | None:
        from fakegpt_tui.ui.external_programs import open_copy, open_on_desktop  # noqa: PLC0415 - when used

        environment = self._options.child_environment()
        if not event.name:
            await open_on_desktop(event.path, environment)
            return None
        await open_copy(event.path, event.name, environment)
        return ShowNotice(f"{safe_line(event.name)} is opened in another program.")

    @on(NotifyUser)
    def announce(self, event: NotifyUser) -> None:
        if sequence := notification_sequence(self._notify, event.title, event.sentence):
            if self._notify is NotifyMode.DESKTOP and os.environ.get("TMUX"):
                sequence += f"{tmux_passthrough(sequence)}\a"  # which marks the window
            write_to_terminal(self, sequence)

    @on(ApplySetting)
    def use_setting(self, event: ApplySetting) -> None:
        match event.name:
            case "theme":
                self._use_theme(event.value)
            case "transparent":
                self._themes.is_transparent = event.value == "true"
                self.refresh_css(animate=False)
            case "notify":
                self._notify = NotifyMode(event.value)
            case "pictures":
                self._chat_screen.window.draw_pictures(event.value)
            case "motion":
                self._set_motion(event.value)
            case "ambiguous_width":
                self._widths.set_preference(AmbiguousWidth(event.value))
            case "enter" | "keys":
                self.set_keymap(textual_keymap(self._chat_screen.state.keys))
            case _:
                pass  # the screen uses it

    def _use_theme(self, name: str) -> None:
        try:
            self._themes.use(name)
        except ConfigError as error:
            self.show_error(error)

    @on(BackgroundReported)
    async def follow_background(self, event: BackgroundReported) -> None:
        with suppress(SaveError):  # the next start will find it out again
            await self._themes.follow_background(is_light=event.is_light)

    def _set_motion(self, motion: str) -> None:
        """With motion off, nothing glides to where it belongs."""
        self.animation_level = "none" if motion == "off" else constants.TEXTUAL_ANIMATIONS

    @property
    def graphics(self) -> GraphicsDetection:
        """Which pictures the terminal draws; it is asked when there is one."""
        return self._chat_screen.pictures.detection

    @cached_property
    def _clipboard_reading(self) -> TerminalClipboard:
        from fakegpt_tui.ui.terminal.clipboard_reading import TerminalClipboard  # noqa: PLC0415 - when used

        return TerminalClipboard(partial(write_to_terminal, self), self.graphics.ask)

    @on(ReadClipboard)
    def run_clipboard(self, event: ReadClipboard) -> None:
        self._run(self._read_clipboard(event), "clipboard")

    async def _read_clipboard(self, event: ReadClipboard) -> None:
        try:
            content = await self._clipboard_reading.read()
        except FakeGPTError as error:
            if not event.content.cancelled():
                event.content.set_exception(error)
        else:
            if not event.content.cancelled():
                event.content.set_result(content)

    @on(ClipboardAnswered)
    def take_clipboard(self, event: ClipboardAnswered) -> None:
        self._clipboard_reading.take(event)

    @on(TerminalAnswered)
    def take_answer(self, event: TerminalAnswered) -> None:
        self.graphics.take_answer(event)

    @on(WidthReported)
    def take_width(self, event: WidthReported) -> None:
        self._widths.handle_report(event)

    def action_suspend_process(self) -> None:
        """Stop as ctrl+z does in other programs, if a shell is there that can go on with this."""
        if has_job_control():
            super().action_suspend_process()
        else:
            self._chat_screen.window.notify("There is no shell here to go back to.")

    def action_command_palette(self) -> None:
        """Show all commands; Textual's own palette can run what fitted an earlier key."""
        if self.screen is self._chat_screen:
            from fakegpt_tui.ui.dialogs.commands import open_palette  # noqa: PLC0415 - when used

            screen, options = self._chat_screen, self._options
            undo = screen.controllers.conversations.describe_undo
            open_palette(screen, screen.state, options.memory, options.snippets(), undo)

    async def action_quit(self) -> None:
        """Stop all replies, wait until they are saved, and quit; what that loses is told first."""
        from fakegpt_tui.ui.status_labels import loss_label  # noqa: PLC0415 - when used

        if (lost := loss_label(self._chat, self._chat_screen.state)) not in ("", self._told_loss):
            self._told_loss = lost
            self._chat_screen.window.notify(lost)
            return
        self._chat.active_turns.stop_all()
        await self._shut_down(0)

    async def _end_on_signal(self, number: signal.Signals) -> None:
        """Quit on a signal; replies under way count as interrupted."""
        for worker in self._turn_workers():
            worker.cancel()
        await self._shut_down(exit_code(number))

    async def _shut_down(self, code: int) -> None:
        from fakegpt_tui.ui.controllers.store_sync import keep_open_conversation  # noqa: PLC0415 - there by then

        if (screen := self._chat_screen).is_mounted:
            keep_open_conversation(screen.window, screen.state)
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
