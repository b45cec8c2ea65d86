"""The Textual app: themes, the workers that outlive the main screen, and the shutdown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual import constants, events, on
from textual.filter import LineFilter
from textual.message import Message
from textual.worker import Worker

from fakegpt_tui.domain import ConfigError, FakeGPTError, SaveError
from fakegpt_tui.ui.bindings import needs_all, needs_store, textual_keymap, validate_keys
from fakegpt_tui.ui.messages import (
    ApplySetting,
    CopyText,
    NotifyUser,
    OpenEditor,
    OpenFile,
    OpenLink,
    ReadClipboard,
    Report,
    RunJob,
    RunLogin,
    ShowNotice,
    StoreUnreadable,
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
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.ui.background_work import BackgroundWork
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
        self._chat_screen = ChatScreen(chat, options, lambda: self.work.start_turn)
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

    def must_wait(self, event: events.Event) -> bool:
        """Until the store, or all of a conversation, is read, text is taken, and commands wait."""
        state, prompt = self._chat_screen.state, self._chat_screen.window.prompt
        if (state.is_loaded and not state.tail) or self.screen is not self._chat_screen:
            return super().must_wait(event)
        command = prompt.command_of(event)
        return needs_all(command, prompt.text) if state.is_loaded else needs_store(command)

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

    @cached_property
    def work(self) -> BackgroundWork:
        """What goes on whichever screen is shown."""
        from fakegpt_tui.ui.background_work import BackgroundWork  # noqa: PLC0415 - when used

        return BackgroundWork(self, self._chat_screen, self._chat, self._options)

    def _run(self, work: Awaitable[Report | None], group: str, *, exclusive: bool = False) -> None:
        """Run something that outlives the screen, and report its result or error there."""
        worker = self.work.report_result(work)
        self.run_worker(worker, group=group, exclusive=exclusive, description=group)

    @on(RunLogin)
    def run_login(self, event: RunLogin) -> None:
        login = self.work.log_in(event.service, event.action)
        self._run(login, f"login-{event.service}", exclusive=True)

    @on(CopyText)
    def run_copy(self, event: CopyText) -> None:
        self._run(self.work.copy(event), "copy")

    @on(OpenEditor)
    def run_editor(self, event: OpenEditor) -> None:
        self._run(self.work.edit(event), "editor")

    @on(RunJob)
    def run_job(self, event: RunJob) -> None:
        self._run(self.work.finish_job(event.job), "jobs")

    @on(OpenLink)
    def open_link(self, event: OpenLink) -> None:
        self._run(self.work.open_link(event.href), "links")

    @on(OpenFile)
    def open_file(self, event: OpenFile) -> None:
        self._run(self.work.open_file(event), "open")

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
        """Which pictures the terminal draws; it is asked with the first picture."""
        return self._chat_screen.window.pictures.detection

    @on(ReadClipboard)
    def run_clipboard(self, event: ReadClipboard) -> None:
        self._run(self.work.read_clipboard(event), "clipboard")

    @on(ClipboardAnswered)
    def take_clipboard(self, event: ClipboardAnswered) -> None:
        self.work.terminal_clipboard.take(event)

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

    async def _end_on_signal(self, number: int) -> None:
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
        turns = (worker for worker in self.workers if worker.group.startswith("turn-"))
        return [worker for worker in turns if not worker.is_finished]
