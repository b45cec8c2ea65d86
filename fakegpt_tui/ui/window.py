"""Window: the main screen as its controllers see it, with widgets, dialogs and notices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from fakegpt_tui.domain import FakeGPTError, StillReplying
from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.terminal.key_serializer import obey_waiting
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.drawing import FrameLimiter
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from textual.worker import Worker

    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.ui.chat_transcript import ChatPictures
    from fakegpt_tui.ui.dialogs import Choice
    from fakegpt_tui.ui.long_work import LongWork
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.state import ChatState
    from fakegpt_tui.ui.widgets.conversation_header import ConversationHeader
    from fakegpt_tui.ui.widgets.notice_box import NoticeBox
    from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
    from fakegpt_tui.ui.widgets.transcript.view import Transcript

T = TypeVar("T")


class Window:
    """Runs commands so that the screen cannot be stale: whatever one does is shown when it ends.

    That holds for commands, for what is answered to a dialog, and for what workers report.
    """

    def __init__(
        self,
        screen: Screen[None],
        state: ChatState,
        chat: ChatService,
        options: Options,
        show: Callable[[], None],
    ) -> None:
        """`show` is called whenever what is to be shown may have changed."""
        self._screen = screen
        self._state = state
        self._chat = chat
        self._options = options
        self._show = show
        self._transcript: Transcript | None = None
        self.limiter = FrameLimiter(options.value("repaint_rate", 20))
        self.limiter.is_calm = options.value("motion", "on") == "off"
        self._is_changing = False
        self.header: ConversationHeader | None = None
        """Above the messages, once there was one."""
        self.urgent: Widget | None = None
        """What is drawn as soon as it changes: the transcript, at the first words of a reply."""
        self._notice_box: NoticeBox | None = None
        self._after_refresh: list[Callable[[], object]] = []

    @property
    def list(self) -> ConversationList:
        return self._screen.query_one(ConversationList)

    @property
    def transcript(self) -> Transcript:
        """The messages; made with the first of them, as a start need not import it."""
        if self._transcript is None:
            from fakegpt_tui.ui.chat_transcript import mount_transcript  # noqa: PLC0415 - as above

            self._transcript = mount_transcript(self._screen, self._options, lambda: self.pictures)
        return self._transcript

    @property
    def has_transcript(self) -> bool:
        """Has there been a message to show?"""
        return self._transcript is not None

    @property
    def reading_position(self) -> ReadingPosition | None:
        """What is shown at the top; `None` while there is nothing."""
        return self._transcript.reading_position if self._transcript is not None else None

    @property
    def prompt(self) -> PromptInput:
        return self._screen.query_one(PromptInput)

    @property
    def focused(self) -> object:
        return self._screen.focused

    @property
    def has_app_focus(self) -> bool:
        """Does the terminal have the focus?"""
        return self._screen.app.app_focus

    @cached_property
    def long_work(self) -> LongWork:
        """What runs for long, is told of meanwhile, and can be stopped."""
        from fakegpt_tui.ui.long_work import LongWork  # noqa: PLC0415 - once there is some

        return LongWork(self, self._state, self._screen.query_one(StatusBar))

    @cached_property
    def pictures(self) -> ChatPictures:
        """Where pictures come from, and how they are drawn."""
        from fakegpt_tui.ui.chat_transcript import ChatPictures  # noqa: PLC0415 - with a picture

        how = self._options.value("pictures", "auto")
        return ChatPictures(self._screen.app, self._chat, how)

    def draw_pictures(self, how: str) -> None:
        """Draw pictures as that setting says from now on."""
        self.pictures.pictures = how
        self.transcript.set_up_pictures()
        self.transcript.refresh()

    @property
    def target_message(self) -> ChatMessage | None:
        """What commands about a message act on: the marked one, or else the last one."""
        last = next(reversed(self._state.path), None)
        return self.transcript.current_message or last

    @property
    def selected_text(self) -> str:
        return self.prompt.selected_text or self._screen.get_selected_text() or ""

    def clear_selection(self) -> None:
        self.prompt.clear_selection()
        self._screen.clear_selection()

    @property
    def notice(self) -> str:
        """The sentence that the status bar shows for some seconds, if any."""
        return self._screen.query_one(StatusBar).notice

    def notify(self, sentence: str, *, while_true: Callable[[], bool] | None = None) -> None:
        """Show a sentence in the status bar for some seconds.

        It goes at once with the next conversation or turn, or when what it says is not true.
        """
        about, turn = self._state.open.id, self._state.turn

        def is_true() -> bool:
            is_same = self._state.open.id == about and self._state.turn in (turn, None)
            return is_same and (while_true is None or while_true())

        self._screen.query_one(StatusBar).show_notice(sentence, is_true)

    @property
    def undo_key(self) -> str:
        """What takes back what was done: where the prompt has the keys, a letter is typed."""
        key = "" if self.focused is self.prompt else first_key("list.undo", self._state.keys)
        return key or "/undo"

    def show_notice(self) -> None:
        """Show the notice where the status bar has no room for it, and in an open dialog."""
        status = self._screen.query_one(StatusBar)
        wanted = status.notice if status.is_too_long else ""
        if self._notice_box is None and wanted:
            from fakegpt_tui.ui.widgets.notice_box import NoticeBox  # noqa: PLC0415 - seldom

            self._notice_box = NoticeBox(classes="-above")
            self._screen.mount(self._notice_box, before=self.prompt)
        if self._notice_box is not None:
            self._notice_box.show(wanted)
        if len(self._screen.app.screen_stack) > 1:
            from fakegpt_tui.ui.widgets.notice_box import show_in_dialogs  # noqa: PLC0415 - seldom

            show_in_dialogs(self._screen, status.notice)

    def post(self, message: Message) -> None:
        """Ask the app for something that outlives the screen."""
        self._screen.post_message(message)

    def run(self, command: Callable[..., object], *arguments: object) -> None:
        """Run a command, in a worker where it is a coroutine, and refresh."""
        with self.change():
            result = command(*arguments)
            if isawaitable(result):
                self.work(result, group=command.__qualname__)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Show an error that is raised inside as a notice, and then refresh."""
        if self._is_changing:
            yield
            return
        self._is_changing = True
        try:
            yield
        except FakeGPTError as error:
            self._tell(error)
        finally:
            self._is_changing = False
        self.refresh()

    def refresh(self) -> None:
        """Show the current state; another instance may have deleted what is open."""
        if not self._state.reload():
            self.notify("The conversation that was open is gone: it was deleted elsewhere.")
        self._screen.query_one(StatusBar).check_notice()
        self._show()
        self._screen.refresh_bindings()
        after, self._after_refresh = self._after_refresh, []
        for action in after:
            action()

    def after_refresh(self, action: Callable[[], object]) -> None:
        """Do something with the widgets once they show what the running command changes."""
        self._after_refresh.append(action)

    def work(self, work: Awaitable[object], *, group: str, exclusive: bool = True) -> Worker[None]:
        """Run something in a worker; then show its error as a notice, and refresh."""
        return self._screen.run_worker(self._finish(work), group=group, exclusive=exclusive)

    async def _finish(self, work: Awaitable[object]) -> None:
        try:
            await work
        except FakeGPTError as error:
            self._tell(error)
        self.refresh()
        self._screen.call_later(obey_waiting, self._screen)

    def _tell(self, error: FakeGPTError) -> None:
        """Show an error as a notice; that a reply has to end first, until it has."""
        waits = isinstance(error, StillReplying) and self._state.turn is not None
        self.notify(str(error), while_true=lambda: not waits or self._state.turn is not None)

    def ask(
        self,
        dialog: Screen[T | None],
        take: Callable[[T], object],
        *,
        cancelled: Callable[[], object] | None = None,
    ) -> None:
        """Open a dialog, and hand what it is dismissed with to `take`, unless it is nothing."""

        def answer(result: T | None) -> None:
            with self.change():
                if result is not None:
                    take(result)
                elif cancelled is not None:
                    cancelled()

        self._screen.app.push_screen(dialog, answer)

    def run_in_dialog(self, action: str) -> None:
        """Run an action of the dialog that is open, if one is that has it."""
        screen = self._screen.app.screen
        if screen is not self._screen and hasattr(screen, f"action_{action}"):
            screen.call_later(screen.run_action, action)

    def open(self, dialog: Screen[Any]) -> None:
        """Open a dialog that has no result."""
        self._screen.app.push_screen(dialog)

    def pick(
        self,
        title: str,
        choices: Sequence[Choice],
        take: Callable[[str], object],
        *,
        number: str = "",
        current: str = "",
        verb: str = "choose",
        note: str = "",
        cancelled: Callable[[], object] | None = None,
    ) -> None:
        """Hand an id to `take`: of the choice with a typed number, or else of the user's choice.

        The rest is as `PickScreen` has it.
        """
        from fakegpt_tui.chat.argument_values import find_numbered  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.pick import PickScreen  # noqa: PLC0415 - as above

        if (numbered := find_numbered(choices, number)) is not None:
            take(numbered.id)
            return
        screen = PickScreen(title, choices, current=current, verb=verb, note=note)
        self.ask(screen, take, cancelled=cancelled)

    def save_typed(self) -> None:
        """Keep what is in the prompt as the draft of the open conversation."""
        self._state.save_draft(self.prompt.text, self.prompt.cursor_location)

    def save_position(self) -> None:
        """Remember where the open conversation is being read."""
        self._state.save_position(self.reading_position)
