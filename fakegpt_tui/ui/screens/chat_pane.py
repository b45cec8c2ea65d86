"""Chat pane: one conversation above the prompt, and what is listed between the two."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.widgets.drawing import RenderCache
from fakegpt_tui.ui.widgets.first_page import FirstPage
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.status_bar import StatusBar, place_label

if TYPE_CHECKING:
    from fakegpt_tui.ui.controllers import Controllers
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.state import ChatState
    from fakegpt_tui.ui.view_model import ChatView
    from fakegpt_tui.ui.widgets.command_completion import CommandCompletion
    from fakegpt_tui.ui.widgets.prompt_lists import AttachmentBar, PathList, QueueView
    from fakegpt_tui.ui.widgets.transcript.view import Transcript
    from fakegpt_tui.ui.window import Window


_HEADER_FROM_HEIGHT = 12
_FIRST_KEYS = 0.7
"""Seconds after the first frame in which only work that cannot wait is done."""


class ChatPane(RenderCache, Vertical):
    """Hands what is typed, pasted and pressed here to controllers, and lists what may follow.

    A list is made when it is needed first.
    """

    def __init__(
        self,
        window: Window,
        state: ChatState,
        options: Options,
        controllers: Callable[[], Controllers],
    ) -> None:
        super().__init__()
        self._window = window
        self._state = state
        self._options = options
        self._controllers = controllers
        self._completion: CommandCompletion | None = None
        self._path_list: PathList | None = None
        self._chips: AttachmentBar | None = None
        self._queue: QueueView | None = None
        self._place: tuple[int, int, int] | None = None
        """Which messages are in view, once there are any."""

    def compose(self) -> ComposeResult:
        yield FirstPage()
        prompt = PromptInput(cursor_blink=self._options.cursor_blink)
        prompt.snippets = self._options.snippets
        prompt.command_values = lambda: self._controllers().command_values()
        yield prompt

    def on_mount(self) -> None:
        self._window.prompt.editing = self._options.value("editing", "readline")
        if self._options.warm_up:
            self.call_after_refresh(self.set_timer, _FIRST_KEYS, self._warm_up)

    def _warm_up(self) -> None:
        self.run_worker(_warm_up, thread=True, group="warm-up")

    def show(self, view: ChatView) -> None:
        """Show what the conversation is, what waits to be sent, and what is attached to it."""
        prompt = self._window.prompt
        self._show_header(view)
        self._show_first_page(view)
        self._show_queue(view)
        self._show_place()
        prompt.edited = view.edited
        prompt.changed_keys = self._state.keys
        prompt.marks = view.chips.keys()
        if view.chips and self._chips is None:
            from fakegpt_tui.ui.widgets.prompt_lists import AttachmentBar  # noqa: PLC0415 - when attached

            self._chips = AttachmentBar()
            self.mount(self._chips, before=prompt)
        if self._chips is not None:
            self._chips.hint = f"{first_key('attach.list', self._state.keys)} opens"
            self._chips.chips = tuple(view.chips.values())

    def _show_header(self, view: ChatView) -> None:
        """Show above the messages what they are, or in the status bar where there is no room."""
        header = self._window.header
        wanted = bool(view.path or view.temporary or view.conversation.is_set_up)
        if header is None and wanted:
            from fakegpt_tui.ui.widgets.conversation_header import ConversationHeader  # noqa: PLC0415 - with messages

            header = self._window.header = ConversationHeader()
            self.mount(header, before=0)
        is_shown = wanted and self.screen.size.height >= _HEADER_FROM_HEIGHT
        if header is not None:
            header.display = is_shown
            header.temporary = view.temporary
            header.show(
                view.conversation,
                tokens=view.tokens,
                variant=view.variant_place,
                preset=view.preset,
            )
            if not view.activity:
                header.spinner = ""
        status = self.screen.query_one(StatusBar)
        model = f"{view.conversation.service} {view.conversation.model}".strip()
        status.service, status.tokens = ("", "") if is_shown else (model, view.tokens)
        status.temporary = view.temporary and not is_shown

    def _show_first_page(self, view: ChatView) -> None:
        """Show what can be done first in an empty conversation, in place of messages."""
        page = self.query_one(FirstPage)
        transcript = self._window.transcript if self._window.has_transcript else None
        hidden = page if view.path else transcript
        if hidden is not None and self._window.focused is hidden:
            self._window.prompt.focus()
        page.display = not view.path
        if transcript is not None:
            transcript.display = bool(view.path)
        if not view.path:
            page.service, page.steps, page.keys = view.service, view.first_steps, view.keys

    def on_transcript_read_to_end(self) -> None:
        self._show_place()

    def _show_place(self) -> None:
        """Say which messages are in view, once all of them are read."""
        if not self._window.has_transcript:
            return
        transcript, place = self._window.transcript, (0, 0, 0)
        if self._place is None:
            self.watch(transcript, "scroll_y", self._show_place, init=False)
        if (positions := transcript.viewport.positions) and not self._state.tail:
            (first, _), (last, line) = positions[0], positions[-1]
            # Of the last one, there may be the empty line above it alone.
            last = last if line or last == first else last - 1
            place = first + 1, last + 1, len(transcript.message_list.messages)
        if place != self._place:
            self._place = place
            self.screen.query_one(StatusBar).place = place_label(*place)

    def _show_queue(self, view: ChatView) -> None:
        if view.queued and self._queue is None:
            from fakegpt_tui.ui.widgets.prompt_lists import QueueView  # noqa: PLC0415 - when queued

            self._queue = QueueView()
            self.mount(self._queue, after=self._window.transcript)
        if self._queue is not None:
            take_back = first_key("queue.show", self._state.keys)
            self._queue.hint = f"/send sends it, {take_back} takes it back"
            self._queue.held = view.queue_held
            self._queue.waiting = view.queued

    @on(FirstPage.Typed)
    def type_in_prompt(self, event: FirstPage.Typed) -> None:
        self._window.prompt.focus()
        self._window.prompt.insert(event.text)

    @on(FirstPage.Chosen)
    def take_first_step(self, event: FirstPage.Chosen) -> None:
        step = event.step
        controller = getattr(self._controllers(), step.controller)
        self._window.run(getattr(controller, step.method), *step.arguments)

    @on(PromptInput.Submitted)
    def send(self, event: PromptInput.Submitted) -> None:
        self._window.prompt.in_flight -= 1
        with self._window.change():
            self._controllers().prompt.send(event.text)

    @on(PromptInput.Changed)
    def save_typed(self) -> None:
        # What is typed earlier is saved as soon as the store is open.
        if self._state.is_loaded:
            before = self._state.attached
            try:
                self._window.save_typed()
            except FakeGPTError as error:
                self._window.notify(str(error))
            if self._state.attached != before:
                self._window.refresh()

    @on(PromptInput.ReferenceTyped)
    def attach_reference(self, event: PromptInput.ReferenceTyped) -> None:
        attachments = self._controllers().attachments
        self._window.run(attachments.take_reference, event.written, event.path)

    @on(PromptInput.FieldMissing)
    def tell_field(self, event: PromptInput.FieldMissing) -> None:
        written, prompt = event.written, self._window.prompt
        self._window.notify(
            f"Type what {written} stands for; then Enter sends.",
            while_true=lambda: written in prompt.text,
        )

    @on(PromptInput.LargePaste)
    def attach_paste(self, event: PromptInput.LargePaste) -> None:
        self._window.run(self._controllers().attachments.take_paste, event.text)

    @on(PromptInput.Dropped)
    def attach_dropped(self, event: PromptInput.Dropped) -> None:
        self._window.run(self._controllers().attachments.take_drop, event.text)

    @on(PromptInput.EmptyPaste)
    def attach_clipboard(self, event: PromptInput.EmptyPaste) -> None:
        self._window.run(self._controllers().attachments.paste, event.take, event.kept)

    @on(PromptInput.CommandTyped)
    def run_typed(self, event: PromptInput.CommandTyped) -> None:
        self._window.run(self._controllers().attachments.run_typed, event.line, event.attaches)

    @on(PromptInput.Changed)
    @on(PromptInput.CompletionMoved)
    def show_completion(self, event: PromptInput.Changed | PromptInput.CompletionMoved) -> None:
        """List the commands that fit what is typed."""
        completion = self._window.prompt.completion
        if completion is not None and self._completion is None:
            from fakegpt_tui.ui.widgets.command_completion import CommandCompletion  # noqa: PLC0415 - when typed

            self._completion = CommandCompletion()
            self.mount(self._completion, before=self._window.prompt)
        if self._completion is not None:
            self._completion.keys = self._state.keys
            from fakegpt_tui.ui.widgets.command_completion import wrapped  # noqa: PLC0415 - as above

            width = self._window.prompt.outer_size.width
            self._completion.matches = wrapped(completion.rows, width) if completion else ()
            self._completion.marked = completion.marked if completion else None
        self._show_paths()
        if isinstance(event, PromptInput.CompletionMoved) and event.is_closed:
            prompt = self._window.prompt
            self._window.notify(
                "The list of commands is closed; what is typed is sent as it is.",
                while_true=lambda: prompt.completion is not None and not prompt.completion.is_open,
            )

    def _show_paths(self) -> None:
        """List the paths that fit a reference."""
        paths = self._window.prompt.paths
        if paths is not None and self._path_list is None:
            from fakegpt_tui.ui.widgets.prompt_lists import PathList  # noqa: PLC0415 - when typed

            self._path_list = PathList()
            self.mount(self._path_list, before=self._window.prompt)
        if self._path_list is not None and paths is not None:
            self._path_list.matches = paths.matches
            self._path_list.marked = paths.marked

    @on(PromptInput.CommandRefused)
    def tell_refused(self, event: PromptInput.CommandRefused) -> None:
        """Say what is wrong where there is no room for its row."""
        if self._completion is not None and not self._completion.size.height:
            self._window.notify(event.sentence)

    @on(PromptInput.QuitRequested)
    async def quit(self) -> None:
        await self.app.action_quit()

    def on_transcript_clicked(self) -> None:
        self._window.prompt.focus()

    def on_transcript_link_pressed(self, event: Transcript.LinkPressed) -> None:
        from fakegpt_tui.ui.dialogs.link import ask_about_link  # noqa: PLC0415 - after first paint

        ask_about_link(self.screen, event.href)


def _warm_up() -> None:
    """Import what the first messages take, and draw a little of everything out of sight."""
    from fakegpt_tui.ui import chat_transcript  # noqa: F401, PLC0415 - in a thread
    from fakegpt_tui.ui.markdown import document  # noqa: PLC0415 - as above
    from fakegpt_tui.ui.widgets.transcript import message_layout  # noqa: F401, PLC0415 - as above

    document.warm_up()

    # Pictures are rarer, but a conversation with some opens as fast as another.
    from fakegpt_tui.ui.terminal import graphics  # noqa: F401, PLC0415 - as above
    from fakegpt_tui.ui.widgets.transcript import part_captions, pictures  # noqa: F401, PLC0415 - as above
