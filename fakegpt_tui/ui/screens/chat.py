"""Main screen: composes the widgets and controllers of a chat, and shows the chat state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import var
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from fakegpt_tui.domain import FakeGPTError, StoreError
from fakegpt_tui.ui.bindings import bindings, effective_keys
from fakegpt_tui.ui.keymap import KeyScope, first_key
from fakegpt_tui.ui.messages import (
    ApplySetting,
    CopyText,
    PromptEdited,
    PromptNotSaved,
    ReplyGrew,
    Report,
    ShowNotice,
    StoreUnreadable,
    TurnFinished,
    TurnStarted,
)
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.terminal.crash_report import TolerantScreen
from fakegpt_tui.ui.terminal.key_serializer import obey_typed_ahead
from fakegpt_tui.ui.terminal.output import repaint_now
from fakegpt_tui.ui.view_model import ChatView, ViewModel
from fakegpt_tui.ui.welcome import welcome
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.drawing import RenderCache
from fakegpt_tui.ui.widgets.key_footer import KeyFooter
from fakegpt_tui.ui.widgets.prompt_input import PromptInput, QueueView
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.ui.controllers import Controllers
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.terminal.idle_gc import IdleCollector
    from fakegpt_tui.ui.widgets.attachment_bar import AttachmentBar, PathList
    from fakegpt_tui.ui.widgets.command_completion import CommandCompletion
    from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition

_LIST_FROM_WIDTH = 80
_MIN_WIDTH = 20
_MIN_HEIGHT = 5
_FOOTER_FROM_HEIGHT = 12
_NOTICE_ROWS = 3
_STATUS_SECONDS = 0.5
_SPIN_SECONDS = 0.125
_SYNC_SECONDS = 2.0
_SHOWN = {"shown": True, "hidden": False}
_FLASH_SECONDS = 0.3
_MOST_NAMES = 20
"""Of the names that a path may go on with."""
_CALM_SECONDS = 5.0
"""Between two looks at a clock or a count, where nothing is to move."""
_DIGITS = re.compile(r"[\d,.:]+")
_FIRST_KEYS = 0.1
"""Seconds after the first paint in which only keys are obeyed: connecting has much to import."""


class Column(RenderCache, Vertical):
    """Widgets one below the other."""


class Row(RenderCache, Horizontal):
    """Widgets side by side."""


class ChatScreen(RenderCache, TolerantScreen):
    """Shows one conversation while any number of them go on.

    Commands, dialogs and reports change the chat state inside `Window.change`, which then sets
    `shown`. `watch_shown` is the only place that hands it to the widgets.
    """

    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "PromptInput"
    """Or the first keys would go to the list, and what follows wait for what they do there."""
    BINDINGS = bindings(KeyScope.ANY)

    shown: var[ChatView | None] = var(None, always_update=True)

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__()
        self._chat = chat
        self._options = options
        keys = effective_keys(options.keys, enter_sends=options.enter_sends)
        self.state = ChatState(chat, keys)
        self.window = Window(self, self.state, self._show, options.value("repaint_rate", 20))
        self.window.limiter.is_calm = options.value("motion", "on") == "off"
        self._activity_shown_at = 0.0
        self._view_model = ViewModel(chat, self.state, options.clock)
        self._controllers: Controllers | None = None
        self._completion: CommandCompletion | None = None
        self._path_list: PathList | None = None
        self._chips: AttachmentBar | None = None
        self._repaint_timer: Timer | None = None
        self._list_wanted = _SHOWN.get(options.memory.get("list") or "")
        self._notices_shown = 0
        self._last_position: ReadingPosition | None = None

    def compose(self) -> ComposeResult:
        with Column(id="body"):
            with Row():
                yield ConversationList()
                with Column():
                    yield Transcript(warm_up=self._options.warm_up)
                    yield QueueView()
                    yield PromptInput(cursor_blink=self._options.cursor_blink)
            yield KeyFooter()
            yield StatusBar()
        yield Static(Content("Too small: 20×5 is the least."), id="too-small")

    async def on_mount(self) -> None:
        self._activity_timer = self.set_interval(_STATUS_SECONDS, self._show_activity, pause=True)
        self._spin_timer = self.set_interval(_SPIN_SECONDS, self.window.spin, pause=True)
        self.window.prompt.enter_sends = self._options.enter_sends
        self.window.refresh()
        self.call_after_refresh(self._load)
        await obey_typed_ahead(self)

    def show_error(self, error: FakeGPTError) -> None:
        self.window.notify(str(error))

    def on_idle(self) -> None:
        repaint_now(self)

    @work(group="begin")
    async def _load(self) -> None:
        """Read the store, which need not be there for the first paint, nor for the first keys."""
        try:
            await self._chat.conversations.load()
            self.controllers.prompt.load_history()
        except StoreError as error:
            if self._options.reopens_store:
                self.post_message(StoreUnreadable(self.window.prompt.text))
                return
            self.window.notify(str(error))
        with self.window.change():
            self.state.is_loaded = True
            unsent = self._chat.unsent_drafts()
            if self._options.resume is not None:
                self.controllers.conversations.open(self._options.resume)
            elif unsent and not self.window.prompt.text:
                draft = unsent[-1]
                self.state.learn(draft.conversation_id, draft.attachments)
                self.state.start(
                    self._chat.conversations.create(conversation_id=draft.conversation_id)
                )
                self.window.prompt.load_draft(draft.text, draft.cursor)
            if self._options.typed:
                self.window.prompt.insert(self._options.typed)
            self.save_typed()
            self._show_notices()
        from fakegpt_tui.ui.terminal.idle_gc import IdleCollector  # noqa: PLC0415 - after first paint

        self.set_interval(_SYNC_SECONDS, partial(self._sync, IdleCollector()))
        self.set_timer(_SYNC_SECONDS, lambda: self.window.run(self.controllers.services.discover))
        self.set_timer(_FIRST_KEYS, self.controllers.services.sign_in_if_needed)

    @property
    def controllers(self) -> Controllers:
        """What commands are methods of."""
        if self._controllers is None:
            from fakegpt_tui.ui.controllers import build_controllers  # noqa: PLC0415 - when used

            self._controllers = build_controllers(
                self._chat, self.state, self.window, self._options
            )
        return self._controllers

    def _show(self) -> None:
        self.shown = self._view_model.build()

    def watch_shown(self, before: ChatView | None, shown: ChatView | None) -> None:
        """Hand the view to the widgets; each repaints itself where something is new."""
        if shown is None:
            return
        self._show_path(before, shown)
        conversation, status = shown.conversation, self.query_one(StatusBar)
        self.window.show_header(shown)
        status.login = shown.login
        status.activity = shown.activity
        status.others = shown.background
        conversations = self.window.list
        conversations.rows = shown.rows
        conversations.current = conversation.id
        queue = self.query_one(QueueView)
        queue.waiting = shown.queued
        queue.held = shown.queue_held
        self.window.prompt.is_edit = shown.editing
        self._show_chips(shown)
        # Nothing ticks while there is no turn.
        for timer, is_needed in (
            (self._activity_timer, bool(shown.activity)),
            (self._spin_timer, shown.is_running),
        ):
            if is_needed:
                timer.resume()
            else:
                timer.pause()

    def _show_chips(self, shown: ChatView) -> None:
        """List what is attached above the prompt; the list is made with the first of it."""
        self.window.prompt.marks = shown.chips.keys()
        if shown.chips and self._chips is None:
            from fakegpt_tui.ui.widgets.attachment_bar import AttachmentBar  # noqa: PLC0415 - when attached

            self._chips = AttachmentBar()
            self.mount(self._chips, before=self.window.prompt)
        if self._chips is not None:
            self._chips.hint = f"{first_key('attach.list', self.state.keys)} opens"
            self._chips.chips = tuple(shown.chips.values())

    def _show_path(self, before: ChatView | None, shown: ChatView) -> None:
        """Show the messages; of a path that is shown already, only those that have changed."""
        transcript, conversation_id, path = (
            self.window.transcript,
            shown.conversation.id,
            shown.path,
        )
        if before is None or not path:
            transcript.empty_text = welcome(shown.service, shown.keys)
        if before is None or before.conversation.id != conversation_id:
            known = None
        else:
            known = [message.id for message in before.path]
        if known == [message.id for message in path]:
            for old, message in zip(before.path if before else (), path, strict=True):
                if old is not message and old != message:
                    transcript.update_message(message)
            if before is None or before.labels != shown.labels:
                transcript.set_labels(shown.labels)
        elif known is not None and shown.variant is not None:
            transcript.show_variant(shown.variant, path, shown.labels)
        else:
            transcript.show(
                conversation_id,
                path,
                labels=shown.labels,
                position=shown.position,
                at_end=shown.at_end,
            )

    @on(Report)
    def take_report(self, report: Report) -> None:
        """Handle what a worker reports, and refresh."""
        with self.window.change():
            match report:
                case TurnStarted():
                    self.controllers.prompt.remember(report)
                case TurnFinished():
                    self.controllers.prompt.finish_turn(report)
                case PromptNotSaved():
                    self.controllers.prompt.take_back(report)
                case PromptEdited():
                    self.controllers.prompt.take_edited(report)
                case ApplySetting():
                    self.controllers.settings.apply(report)
                case ShowNotice():
                    self.window.notify(report.text)
                case _:
                    pass

    def action_run_command(self, controller: str, method: str, *arguments: object) -> None:
        """Run a command of the keymap, which is a method of a controller."""
        self.window.run(getattr(getattr(self.controllers, controller), method), *arguments)

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
        order = (self.window.prompt, self.window.transcript, self.window.list)
        return sorted(
            super().focus_chain, key=lambda each: order.index(each) if each in order else 0
        )

    @on(PromptInput.Submitted)
    def send(self, event: PromptInput.Submitted) -> None:
        self.window.run(self.controllers.prompt.send, event.text)

    @on(PromptInput.Changed)
    def save_typed(self) -> None:
        # What is typed earlier is saved as soon as the store is open.
        if self.state.is_loaded:
            before = self.state.attached
            self.window.save_typed()
            if self.state.attached != before:
                self.window.refresh()

    @on(PromptInput.ReferenceTyped)
    def attach_reference(self, event: PromptInput.ReferenceTyped) -> None:
        self.window.run(self.controllers.attachments.take_reference, event.written, event.path)

    @on(PromptInput.LargePaste)
    def attach_paste(self, event: PromptInput.LargePaste) -> None:
        self.window.run(self.controllers.attachments.take_paste, event.text)

    @on(PromptInput.Dropped)
    def attach_dropped(self, event: PromptInput.Dropped) -> None:
        self.window.run(self.controllers.attachments.take_drop, event.text)

    @on(PromptInput.EmptyPaste)
    def attach_clipboard(self) -> None:
        self.window.run(self.controllers.attachments.paste)

    @on(PromptInput.CommandTyped)
    def run_typed(self, event: PromptInput.CommandTyped) -> None:
        self.window.run(self.controllers.attachments.run_typed, event.line, event.attaches)

    @on(PromptInput.PathsWanted)
    def list_paths(self, event: PromptInput.PathsWanted) -> None:
        self.window.run(self.controllers.attachments.list_paths, event.folder)

    @on(PromptInput.Changed)
    @on(PromptInput.CompletionMoved)
    def show_completion(self, event: PromptInput.Changed | PromptInput.CompletionMoved) -> None:
        """List the commands that fit what is typed; the list is made with the first slash."""
        completion = self.window.prompt.completion
        if completion is not None and self._completion is None:
            from fakegpt_tui.ui.widgets.command_completion import CommandCompletion  # noqa: PLC0415 - when typed

            self._completion = CommandCompletion()
            self.mount(self._completion, before=self.window.prompt)
        if self._completion is not None:
            self._completion.keys = self.state.keys
            is_open = completion is not None and completion.is_open
            self._completion.matches = completion.matches if completion and is_open else ()
            self._completion.marked = completion.marked if completion else None
        self._show_paths()
        if isinstance(event, PromptInput.CompletionMoved) and event.is_closed:
            self.window.notify("The list of commands is closed; what is typed is sent as it is.")

    @on(PromptInput.PathsFound)
    def tell_paths(self, event: PromptInput.PathsFound) -> None:
        self.window.notify(" · ".join(event.names[:_MOST_NAMES]))

    def _show_paths(self) -> None:
        """List the paths that fit a reference; the list is made with the first one."""
        paths = self.window.prompt.paths
        if paths is not None and self._path_list is None:
            from fakegpt_tui.ui.widgets.attachment_bar import PathList  # noqa: PLC0415 - when typed

            self._path_list = PathList()
            self.mount(self._path_list, before=self.window.prompt)
        if self._path_list is not None and paths is not None:
            self._path_list.matches = paths.matches
            self._path_list.marked = paths.marked

    async def action_run_in_transcript(self, action: str) -> None:
        """Run a command of the transcript, wherever the focus is."""
        await self.app.run_action(action, self.window.transcript)

    @on(PromptInput.QuitRequested)
    async def quit(self) -> None:
        await self.app.action_quit()

    @on(ConversationList.Opened)
    def open_row(self, event: ConversationList.Opened) -> None:
        self.window.run(self.controllers.conversations.open_row, event.conversation_id)

    @on(Transcript.Clicked)
    def focus_prompt(self) -> None:
        self.window.prompt.focus()

    @on(events.TextSelected)
    def copy_selected(self) -> None:
        """Copy what was just selected with the mouse."""
        if selected := self.get_selected_text():
            self.post_message(CopyText(selected, "selection", by_key=False))
            self._flash_selection()

    @on(Transcript.Copied)
    def flash_copied(self, event: Transcript.Copied) -> None:
        """Flash a message that was copied, as a selection is that will go."""
        before = dict(self.selections)
        self.selections = {self.window.transcript: event.selection}
        self._flash_selection(lambda: setattr(self, "selections", before))

    def _flash_selection(self, then: Callable[[], object] = bool) -> None:
        def end() -> None:
            self.remove_class("-copied")
            then()
            self.window.transcript.refresh()

        self.add_class("-copied")
        self.call_after_refresh(self.window.transcript.refresh)
        self.set_timer(_FLASH_SECONDS, end)

    @on(Transcript.LinkPressed)
    def show_link(self, event: Transcript.LinkPressed) -> None:
        from fakegpt_tui.ui.dialogs.link import ask_about_link  # noqa: PLC0415 - after first paint

        ask_about_link(self, event.href)

    @property
    def repaints_soon(self) -> bool:
        """Is a repaint planned that will show all text that has arrived by then?"""
        return self._repaint_timer is not None

    @on(ReplyGrew)
    def plan_repaint(self) -> None:
        if self._repaint_timer is not None:
            return
        # A timer of no time at all can fail by dividing by it, as of Textual 8.2.8.
        if delay := self.window.limiter.delay():
            self._repaint_timer = self.set_timer(delay, self._repaint)
        else:
            self._repaint()

    def _repaint(self) -> None:
        """Show what has arrived of the reply: the only change that is not a new `shown`."""
        self._repaint_timer = None
        if (turn := self.state.turn) is not None:
            with self.window.limiter:
                if turn.reply_id == self.state.open.leaf_id:
                    self.window.transcript.update_message(turn.reply)
                self._show_activity()

    def _show_activity(self) -> None:
        """Show what the turn does; where it is to be calm, its numbers now and then only."""
        if self.shown is None:
            return
        activity, now = self._view_model.activity, monotonic()
        is_due = now - self._activity_shown_at >= _CALM_SECONDS
        is_other = _DIGITS.sub("", activity) != _DIGITS.sub("", self.shown.activity)
        if is_due or is_other or not self.window.limiter.is_calm:
            self._activity_shown_at = now
            self.shown = replace(self.shown, activity=activity)

    @work(exclusive=True, group="sync")
    async def _sync(self, collector: IdleCollector) -> None:
        """Show what other instances of the program have done, and what the store has to say."""
        self._show_notices()
        position = self.window.transcript.reading_position
        is_moving = position != self._last_position
        self._last_position = position
        # While the user scrolls, nothing is worth a write or a pause.
        if not is_moving:
            self.window.save_position()
        collector.collect(is_busy=is_moving or bool(self._chat.active_turns.all()))
        if await self._chat.refresh():
            self.window.refresh()
        elif self.shown is not None:
            self.shown = replace(self.shown, background=self._view_model.background)

    def _show_notices(self) -> None:
        notices = self._options.notices()
        for notice in notices[self._notices_shown :]:
            self.window.notify(notice)
        self._notices_shown = len(notices)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Leave the focus where it was when all is hidden because the terminal is too small."""
        if self.focused is None and not self.query_one("#body").display:
            self.set_focus(event.widget)

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        fits = width >= _MIN_WIDTH and height >= _MIN_HEIGHT
        body = self.query_one("#body")
        body.display = fits
        self.query_one("#too-small").display = not fits
        wanted = self._list_wanted
        self.window.list.display = width >= _LIST_FROM_WIDTH if wanted is None else wanted
        self.query_one(KeyFooter).display = height >= _FOOTER_FROM_HEIGHT
        self.query_one(StatusBar).most_rows = _NOTICE_ROWS if height >= _FOOTER_FROM_HEIGHT else 1

    def action_toggle_list(self) -> None:
        conversations = self.window.list
        self._list_wanted = conversations.display = not conversations.display
        if self.size.width >= _LIST_FROM_WIDTH:
            self._remember("list", "shown" if conversations.display else "hidden")

    def _remember(self, name: str, value: str) -> None:
        """Arrange the screen so at the next start, too."""
        self.window.work(
            self._options.memory.remember({name: value}), group="memory", exclusive=False
        )

    def action_go_to_list(self) -> None:
        self._list_wanted = self.window.list.display = True
        self.window.list.focus()

    def action_help(self) -> None:
        from fakegpt_tui.ui.dialogs.commands import HelpScreen  # noqa: PLC0415 - after first paint

        self.app.push_screen(HelpScreen(self.state.keys))

    def action_redraw(self) -> None:
        self.app.refresh(layout=True, repaint=True)
