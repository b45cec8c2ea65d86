"""Prompt input widget: sends what is typed, and takes commands, references and pastes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import clipboard_text
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.widgets.prompt_editor import PromptEditor

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.ui.slash_commands import CommandValues
    from fakegpt_tui.ui.slash_completion import SlashCompletion
    from fakegpt_tui.ui.widgets.command_completion import CommandEntry
    from fakegpt_tui.ui.widgets.reference_completion import ReferenceCompletion
    from fakegpt_tui.ui.widgets.snippet_fields import SnippetFields

_INVITATIONS = "Ask anything — {} sends, / for commands", "Ask anything — {} sends", "Ask anything"
_RUNS_COMMAND = "Runs in your shell, and shows the output; !! puts it into the prompt"
_FILLS_SNIPPET = "Tab goes through the variables, Enter sends"
_LARGE_LINES, _LARGE_LENGTH = 20, 2_000
"""A paste beyond these is shown as one mark, which can be opened."""


class PromptInput(PromptEditor, inherit_bindings=False):
    """A text area in which a key sends; it grows to a third of the screen."""

    DEFAULT_CSS = """
    PromptInput {
        height: auto;
        min-height: 3;
        max-height: 33vh;
    }
    """
    BINDINGS = bindings(KeyScope.PROMPT)

    enter_sends: reactive[bool] = reactive(True, repaint=False)
    """Does Enter send, or break the line? The empty prompt says which."""
    edited: reactive[str] = reactive("", repaint=False)
    """What the text will be a variant of, which the border says; empty for a new prompt."""

    @dataclass
    class Submitted(Message):
        """The prompt is to be sent. Its text is no longer in the input."""

        text: str

    @dataclass
    class FieldMissing(Message):
        """Nothing was sent, because this variable of a snippet has no value yet."""

        written: str

    @dataclass
    class LargePaste(Message):
        """So much text was pasted that it is to be shown as a mark at the cursor."""

        text: str

    @dataclass
    class Dropped(Message):
        """What was pasted may be the paths of dropped files; it stands in the text by now."""

        text: str

    @dataclass
    class CommandTyped(Message):
        """A command of the shell is to be run. Its text is no longer in the input."""

        line: str
        attaches: bool

    class QuitRequested(Message):
        """ctrl+d was pressed in the empty prompt."""

    def __init__(self, *, cursor_blink: bool) -> None:
        super().__init__()
        self.cursor_blink = cursor_blink
        self._command: CommandEntry | None = None
        self.paths: ReferenceCompletion | None = None
        """The completion of paths, once a reference was typed."""
        self.snippets: Callable[[], Mapping[str, Snippet]] = dict
        """Reads the snippets, which are commands here."""
        self.command_values: Callable[[], CommandValues] | None = None
        """Makes what knows the arguments of commands."""
        self.fields: SnippetFields | None = None
        """The variables of a snippet that are to be filled in, once one was inserted."""
        self._quoted = ""
        self._is_command = False
        self.in_flight = 0
        """How many prompts were submitted that nothing has taken yet."""

    @property
    def selected_elsewhere(self) -> str:
        """What is selected in the conversation, or was when the slash of a command was typed.

        Typing ends a selection.
        """
        return self.screen.get_selected_text() or self._quoted

    @property
    def is_command(self) -> bool:
        """Was `!` typed at the start? A text that was pasted or brought back is never run."""
        self._is_command = self._is_command and self.document[0].startswith("!")
        return self._is_command

    @property
    def completion(self) -> "SlashCompletion | None":
        """What fits a text that begins with a slash."""
        return None if (command := self._typed_command) is None else command.completion

    @property
    def _typed_command(self) -> "CommandEntry | None":
        if not self.document[0].startswith("/"):
            self._command = None
            self._quoted = ""
            return None
        if self._command is None:
            from fakegpt_tui.ui.widgets.command_completion import CommandEntry  # noqa: PLC0415 - when typed

            self._command = CommandEntry(self, self.snippets(), self.command_values)
        self._command.follow()
        return self._command

    def watch_enter_sends(self, enter_sends: bool) -> None:
        self.invite(*(each.format("Enter" if enter_sends else "ctrl+j") for each in _INVITATIONS))

    def watch_edited(self) -> None:
        self.border_title = Content(self._edit_title)

    @property
    def _edit_title(self) -> str:
        return f"Edits {self.edited}; esc leaves that" if self.edited else ""

    def on_text_area_changed(self) -> None:
        """Say what Enter does with a command, and follow the reference that is typed."""
        title = self._edit_title
        if self.fields is not None and self.fields.are_open:
            title = _FILLS_SNIPPET
        self.border_title = Content(_RUNS_COMMAND if self.is_command else title)
        if self.paths is not None:
            self.paths.follow()
        self.follow_selection()

    def render_line(self, y: int) -> Strip:
        # Textual cannot wrap the placeholder to a width of nothing.
        return super().render_line(y) if self.content_size.width else Strip([])

    async def action_send(self) -> None:
        """Send, unless the line ends in a backslash, which asks for another line.

        The name of a slash command is run instead.
        """
        (row, column), command = self.cursor_location, self._typed_command
        if column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
        elif (text := self.text_to_send) and self.is_command:
            if line := text.lstrip("!").strip():
                self.take_text()
                self.post_message(self.CommandTyped(line, text.startswith("!!")))
        elif text and not (command and await command.run()) and self._fill_fields():
            text = self.text_to_send
            if self.paths is not None:
                self.paths.end()
            # Posted before the text is cleared, so that it is sent before its draft is deleted.
            self.in_flight += 1
            self.post_message(self.Submitted(command.unescape(text) if command else text))
            self.take_text()

    async def settle(self) -> None:
        """Wait until nothing is on its way from here to what sends it."""
        while self.in_flight:
            handled = asyncio.Event()
            self.call_later((self.parent or self).call_later, handled.set)
            await handled.wait()

    def insert_snippet(self, text: str, placeholders: Mapping[str, str | None]) -> None:
        """Put the text of a snippet before what was typed, and go to its first variable.

        The variables are given as they are written, with their defaults.
        """
        if self.fields is None:
            from fakegpt_tui.ui.widgets.snippet_fields import SnippetFields  # noqa: PLC0415 - when used

            self.fields = SnippetFields(self)
        self.restore_text(text)
        self.begin_typing()
        self.fields.begin(placeholders)

    def _fill_fields(self) -> bool:
        """Fill in what a snippet has as defaults; may the text be sent?"""
        missing = "" if self.fields is None else self.fields.finish()
        if missing:
            self.post_message(self.FieldMissing(missing))
        return not missing

    async def action_first(self) -> None:
        """Go to the start of the text, or of the conversation where there is none."""
        await self._go_to_edge("first", (0, 0))

    async def action_last(self) -> None:
        await self._go_to_edge("last", self.document.end)

    async def _go_to_edge(self, action: str, location: tuple[int, int]) -> None:
        if self.text:
            self.move_cursor(location)
        else:
            await self.app.run_action(f"screen.run_in_transcript('{action}')", self.screen)

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.QuitRequested())

    def replace_text(self, text: str) -> None:
        """Show another text, which is no command of the shell."""
        self._is_command = False
        super().replace_text(text)

    async def on_key(self, event: events.Key) -> None:
        """Handle keys here, in turn with the letters around them.

        Keys that are typed ahead arrive at once. Textual would run a binding of the screen when the
        key has bubbled up to it, and a priority binding as soon as it arrives: letters typed after
        the one, or before the other, would go to another conversation.
        """
        if (
            ((command := self._typed_command) is not None and await command.handle_key(event.key))
            or (self.paths is not None and await self.paths.handle_key(event.key))
            or (self.fields is not None and self.fields.handle_key(event.key))
            or (self.vim is not None and await self.vim.handle_key(event, self.marks))
            or self._type_sign(event.character)
        ):
            event.stop()
            event.prevent_default()
        elif not event.is_printable and not self.edits_with(event.key):
            active = self.screen.active_bindings.get(event.key)
            if active is not None and (active.binding.id is not None or active.node is self):
                event.stop()
                event.prevent_default()
                await self.app.run_action(active.binding.action, active.node)

    def _type_sign(self, sign: str | None) -> bool:
        """Handle the signs that begin a reference or a command; whether they stood as text.

        A backslash before one makes it literal, and goes.
        """
        if sign == "/" and not self.text:
            self._quoted = self.screen.get_selected_text() or ""
        if sign not in ("@", "!"):
            return False
        row, column = self.cursor_location
        before = self.document[row][:column]
        is_escaped = before.endswith("\\") and (
            before == "\\" and row == 0 if sign == "!" else not before[-2:-1].strip()
        )
        if is_escaped:
            self.replace(sign, (row, column - 1), (row, column), maintain_selection_offset=False)
        elif sign == "!":
            self._is_command = self._is_command or not self.text
        elif self.paths is None:
            from fakegpt_tui.ui.widgets.reference_completion import ReferenceCompletion  # noqa: PLC0415 - when typed

            self.paths = ReferenceCompletion(self)
        if sign == "@" and self.paths is not None and not is_escaped:
            self.paths.begin()
        return is_escaped

    def on_paste(self, event: events.Paste) -> None:
        """Take a paste as one edit, without the characters that a terminal would act on."""
        event.stop()
        event.prevent_default()
        text = clipboard_text(event.text)
        if not text:
            self.post_message(self.EmptyPaste())
        elif len(text) > _LARGE_LENGTH or text.count("\n") >= _LARGE_LINES:
            self.post_message(self.LargePaste(text))
        else:
            self.insert_text(text)
            self.post_message(self.Dropped(text))
