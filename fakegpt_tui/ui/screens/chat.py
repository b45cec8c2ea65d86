"""Main screen: composes the widgets and controllers of a chat, and shows the chat state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Static

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.ui.bindings import bindings, effective_keys
from fakegpt_tui.ui.messages import CopyText, ReplyGrew, Report
from fakegpt_tui.ui.screens.chat_pane import ChatPane
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.terminal.key_serializer import obey_typed_ahead
from fakegpt_tui.ui.terminal.output import forget_pictures, repaint_now
from fakegpt_tui.ui.terminal.shutdown import TolerantScreen
from fakegpt_tui.ui.view_model import ChatView, ViewModel
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.drawing import Column, RenderCache, Row, set_display
from fakegpt_tui.ui.widgets.key_footer import KeyFooter
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.ui.controllers import Controllers
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.screens.reply_drawing import ReplyDrawing

_MIN_WIDTH = 20
_MIN_HEIGHT = 5
_TIGHT, _ROOMY = 10, 36
"""Rows below which the prompt has no frame, and from which on a blank one is above it."""
_FOOTER_FROM_HEIGHT = 12
_NOTICE_ROWS = 2
_TAB_ORDER = ("PromptInput", "FirstPage", "Transcript", "ConversationList")


class ChatScreen(RenderCache, TolerantScreen):
    """Shows one conversation while any number of them go on.

    Commands, dialogs and reports change the chat state inside `Window.change`, which then sets
    `shown`. `watch_shown` is the only place that hands it to the widgets.
    """

    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "PromptInput"
    """Else the first keys would go to the list, and later keys wait for what they do there."""
    BINDINGS = bindings(KeyScope.ANY)
    VERTICAL_BREAKPOINTS = []
    """Those of dialogs would have the styles of all widgets looked up anew at the start."""

    shown: var[ChatView | None] = var(None, always_update=True)

    def __init__(
        self, chat: ChatService, options: Options, starter: Callable[[], Callable[[Turn], None]]
    ) -> None:
        """`starter` imports the function that starts turns, and returns it."""
        super().__init__()
        self._starter = starter
        self._chat = chat
        self._options = options
        keys = effective_keys(options.keys, enter_sends=options.enter_sends)
        self.state = ChatState(chat, keys)
        self.state.own_keys = options.keys
        self.window = Window(
            self,
            self.state,
            chat,
            options,
            lambda: setattr(self, "shown", self._view_model.build()),
        )
        self._view_model = ViewModel(chat, self.state, options.clock)
        self._reply_drawing: ReplyDrawing | None = None
        self._list_wanted = {True: options.memory.get("list") != "hidden", False: False}
        self._list_asked = False

    def compose(self) -> ComposeResult:
        self._set_size_classes(self.app.size, update=False)
        with Column(id="body"):
            with Row():
                yield ConversationList(self._options.memory.get("folded_folders") or "")
                yield ChatPane(self.window, self.state, self._options, lambda: self.controllers)
            yield KeyFooter()
            yield StatusBar()
        yield Static(Content("Too small: 20×5 is the least."), id="too-small")

    async def on_mount(self) -> None:
        self.window.prompt.enter_sends = self._options.enter_sends
        self.query_one(StatusBar).notice_changed = self._make_room
        self.window.refresh()

        def show_background() -> None:
            if self.shown is not None:
                self.shown = replace(self.shown, background=self._view_model.background)

        def begin() -> None:
            from fakegpt_tui.ui.controllers.store_sync import StoreSync  # noqa: PLC0415 - after first paint

            sync = StoreSync(
                self,
                self.window,
                self.state,
                self._chat,
                options=self._options,
                controllers=lambda: self.controllers,
                show_background=show_background,
            )
            self.run_worker(sync.load, group="begin")  # type: ignore[arg-type]  # as `@work` does

        self.call_after_refresh(begin)
        await obey_typed_ahead(self)

    def show_error(self, error: FakeGPTError) -> None:
        self.window.notify(str(error))

    def on_idle(self) -> None:
        if repaint_now(self, self.window.urgent):
            self.window.urgent = None

    @cached_property
    def controllers(self) -> Controllers:
        """What commands are methods of."""
        from fakegpt_tui.ui.controllers import Controllers  # noqa: PLC0415 - when used

        return Controllers(
            self._chat, self.state, self.window, self._options, start_turn=self._starter()
        )

    @property
    def reply_drawing(self) -> ReplyDrawing:
        """What draws a reply under way."""
        if self._reply_drawing is None:
            from fakegpt_tui.ui.screens.reply_drawing import ReplyDrawing  # noqa: PLC0415 - with a turn

            window, state, show = self.window, self.state, partial(setattr, self, "shown")
            self._reply_drawing = ReplyDrawing(self, window, state, self._view_model, show)
        return self._reply_drawing

    def watch_shown(self, before: ChatView | None, shown: ChatView | None) -> None:
        """Hand the view to the widgets; each repaints itself where something is new."""
        if shown is None:
            return
        if shown.path or self.window.has_transcript:
            from fakegpt_tui.ui.chat_transcript import show_path  # noqa: PLC0415 - with messages

            show_path(self.window.transcript, before, shown)
        conversation, status = shown.conversation, self.query_one(StatusBar)
        status.login = shown.login
        status.activity = shown.activity
        status.others = shown.background
        conversations = self.window.list
        conversations.minute = shown.minute
        conversations.rows = shown.rows
        self._arrange_list()
        conversations.current = conversation.id
        self.query_one(ChatPane).show(shown)
        if shown.is_running or self._reply_drawing is not None:
            self.reply_drawing.follow(shown)

    @on(Report)
    def take_report(self, report: Report) -> None:
        """Handle what a worker reports, and refresh."""
        with self.window.change():
            self.controllers.take_report(report)

    def action_run_command(self, controller: str, name: str, given: Sequence[object] = ()) -> None:
        """Run a command of the keymap, which is a method of a controller."""
        self.window.run(getattr(getattr(self.controllers, controller), name), *given)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stopping is offered while there is something to stop; else esc leaves what is open."""
        match (action, *parameters):
            case ("run_command", "prompt", "leave_or_stop"):
                return self.state.turn is not None
            case ("run_command", "prompt", "leave"):
                return self.state.turn is None
            case _:
                return True

    @property
    def focus_chain(self) -> list[Widget]:
        """The prompt, the transcript, which is wanted more often than the list, and the list."""
        places = {name: place for place, name in enumerate(_TAB_ORDER)}
        return sorted(super().focus_chain, key=lambda each: places.get(type(each).__name__, 0))

    async def action_run_in_transcript(self, action: str) -> None:
        """Run a command of the transcript, wherever the focus is."""
        await self.app.run_action(action, self.window.transcript)

    @on(ConversationList.Arranged)
    def remember_arrangement(self, event: ConversationList.Arranged) -> None:
        """Arrange the screen so at the next start, too."""
        remembering = self._options.memory.remember({event.name: event.value})
        self.window.work(remembering, group="memory", exclusive=False)

    @on(ConversationList.Opened)
    def open_row(self, event: ConversationList.Opened) -> None:
        self.window.run(self.controllers.conversations.open_row, event.conversation_id)

    @on(events.TextSelected)
    def copy_selected(self) -> None:
        """Copy what was just selected with the mouse."""
        if selected := self.get_selected_text():
            self.post_message(CopyText(selected, "selection", by_key=False))
            self.window.transcript.flash_copied()

    @on(ReplyGrew)
    def draw_reply(self) -> None:
        self.reply_drawing.plan_repaint()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Keep the focus where all is hidden for lack of room; hide a list that lay over all."""
        if self.focused is None and not self.query_one("#body").display:
            self.set_focus(event.widget)
        elif event.widget is self.window.list and not event.widget.display:
            self.window.prompt.focus()
        elif event.widget is self.window.list and self.window.list.is_over and self.focused:
            self._list_wanted[False] = event.widget.display = False

    def on_paste(self, event: events.Paste) -> None:
        """Put what is pasted where nothing can be typed into the prompt."""
        self.window.prompt.focus().post_message(events.Paste(event.text))

    def on_resize(self, event: events.Resize) -> None:
        if event.size == self.outer_size:
            event.prevent_default()  # Textual would lay it out in the same size once more.
        width, height = event.size
        self._set_size_classes(event.size)
        fits = width >= _MIN_WIDTH and height >= _MIN_HEIGHT
        set_display(self.query_one("#body"), fits)
        set_display(self.query_one("#too-small"), not fits)
        self._arrange_list()
        self.query_one(StatusBar).most_rows = _NOTICE_ROWS if height >= _FOOTER_FROM_HEIGHT else 1
        self._make_room()

    def _set_size_classes(self, size: Size, *, update: bool = True) -> None:
        """Fit the spacing to the height; `update` the styles where widgets have some already."""
        self.set_class(size.height < _TIGHT, "-tight", update=update)
        self.set_class(size.height >= _ROOMY, "-roomy", update=update)

    def on_screen_suspend(self) -> None:
        """Take a notice along into the dialog that covers it."""
        if self.window.notice:
            self.window.show_notice()

    def _make_room(self) -> None:
        """Give the row of the keys to a notice that takes two, so that nothing above moves."""
        has_footer = self.size.height >= _FOOTER_FROM_HEIGHT
        is_needed = self.query_one(StatusBar).has_second_row
        set_display(self.query_one(KeyFooter), has_footer and not is_needed)
        self.window.show_notice()

    def _arrange_list(self) -> None:
        """Show the list where there is room, or it was wanted there, and something in it."""
        conversations, width = self.window.list, self.size.width
        has_rows = self._list_asked or not self.state.is_loaded or bool(conversations.rows)
        conversations.set_width(self._options.memory.get("list_width"), width)
        conversations.display = has_rows and self._list_wanted[not conversations.is_over]

    def _want_list(self, *, shown: bool) -> None:
        conversations, self._list_asked = self.window.list, True
        self._list_wanted[not conversations.is_over] = conversations.display = shown
        if conversations.is_over:
            (conversations if shown else self.window.prompt).focus()

    def action_toggle_list(self) -> None:
        self._want_list(shown=not self.window.list.display)
        if not self.window.list.is_over:
            value = "shown" if self.window.list.display else "hidden"
            self.post_message(ConversationList.Arranged("list", value))

    def action_go_to_list(self) -> None:
        self._want_list(shown=True)
        self.window.list.focus()

    def action_help(self, words: str = "") -> None:
        from fakegpt_tui.ui.dialogs.keys import open_help  # noqa: PLC0415 - after first paint

        text = KeyScope.VISUAL if self.window.transcript.is_selecting else KeyScope.TRANSCRIPT
        places = ((self.window.list, KeyScope.LIST), (self.window.transcript, text))
        where = next((scope for each, scope in places if each is self.focused), KeyScope.PROMPT)
        open_help(self, self.state.keys, where, words)

    def action_redraw(self) -> None:
        forget_pictures(self.app)
