"""Prompt input widget: what is typed, completed, recalled and sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import clipboard_text
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.widgets.text_box import RecallBox, TextBox

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.keymap import Command
    from fakegpt_tui.ui.slash_commands import CommandValues
    from fakegpt_tui.ui.slash_completion import SlashCompletion
    from fakegpt_tui.ui.widgets.command_completion import CommandEntry
    from fakegpt_tui.ui.widgets.editing.readline_input import ReadlineInput
    from fakegpt_tui.ui.widgets.editing.vim_input import VimInput
    from fakegpt_tui.ui.widgets.reference_completion import ReferenceCompletion
    from fakegpt_tui.ui.widgets.snippet_fields import SnippetFields

_INVITATIONS = "Ask anything — {} sends, / for commands", "Ask anything — {} sends", "Ask anything"
_RUNS_COMMAND = "Runs in your shell, and shows the output; !! puts it into the prompt"
_FILLS_SNIPPET = "Tab goes through the variables, Enter sends"
_LARGE_LINES, _LARGE_LENGTH = 20, 2_000
"""A paste beyond these is shown as one mark, which can be opened."""
_EMPTY_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


class PromptInput(RecallBox, inherit_bindings=False):
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
    editing: reactive[str] = reactive("readline", repaint=False)
    """Whose keys are used: those of `readline`, or of `vim`."""
    changed_keys: reactive[Mapping[str, str]] = reactive({}, repaint=False)
    """The keys that are not as in the keymap, by the ids of their commands."""
    edited: reactive[str] = reactive("", repaint=False)
    """What the text will be a variant of, which the border says; empty for a new prompt."""

    @dataclass
    class Submitted(Message):
        """The prompt is to be sent. Its text is no longer in the input."""

        text: str

    @dataclass
    class CompletionMoved(Message):
        """Another command is marked, or, once it `is_closed`, none is offered any more."""

        is_closed: bool = False

    @dataclass
    class FieldMissing(Message):
        """Nothing was sent, because this variable of a snippet has no value yet."""

        written: str

    @dataclass
    class ReferenceTyped(Message):
        """A reference such as `@path` was typed to its end, and stands so in the text."""

        written: str
        path: str

    @dataclass
    class LargePaste(Message):
        """So much text was pasted that it is to be shown as a mark at the cursor."""

        text: str

    @dataclass
    class Dropped(Message):
        """What was pasted may be the paths of dropped files; it stands in the text by now."""

        text: str

    @dataclass
    class EmptyPaste(Message):
        """A paste without text: the clipboard holds something else, or is to be read.

        Its text is inserted, or handed to `take`; where it cannot be read, that is `kept`.
        """

        take: Callable[[str], None] | None = None
        kept: str = ""

    @dataclass
    class CommandTyped(Message):
        """A command of the shell is to be run. Its text is no longer in the input."""

        line: str
        attaches: bool

    @dataclass
    class CommandRefused(Message):
        """A slash command stays in the input, because something in it is wrong."""

        sentence: str

    class QuitRequested(Message):
        """ctrl+d was pressed in the empty prompt."""

    def __init__(self, *, cursor_blink: bool = True) -> None:
        super().__init__()
        self.cursor_blink = cursor_blink
        self._command: CommandEntry | None = None
        self.vim: VimInput | None = None
        self._readline: ReadlineInput | None = None
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

            values = self.command_values
            self._command = CommandEntry(self, self, self._snippet_commands, values)
        self._command.follow()
        return self._command

    @property
    def _snippet_commands(self) -> "Sequence[Command]":
        from fakegpt_tui.keymap.command_grammar import snippet_commands  # noqa: PLC0415 - when typed

        snippets = self.snippets().items()
        return snippet_commands({name: snippet.description for name, snippet in snippets})

    def watch_enter_sends(self, enter_sends: bool) -> None:
        self.invite(*(each.format("Enter" if enter_sends else "ctrl+j") for each in _INVITATIONS))

    def watch_editing(self, editing: str) -> None:
        if self.vim is not None:
            self.vim.end()
        self.vim = self.border_subtitle = None
        if editing == "vim":
            from fakegpt_tui.ui.widgets.editing.vim_input import VimInput  # noqa: PLC0415 - when wanted

            post, question = self.post_message, self.EmptyPaste
            self.vim = VimInput(self, self.changed_keys, lambda *asked: post(question(*asked)))

    @cached_property
    def _edits(self) -> Mapping[str, str]:
        from fakegpt_tui.keymap.readline import editing_keys  # noqa: PLC0415 - with a key

        return editing_keys(self.changed_keys)

    def action_readline(self, name: str) -> None:
        """Do an edit of readline."""
        if self._readline is None:
            from fakegpt_tui.ui.widgets.editing.readline_input import ReadlineInput  # noqa: PLC0415 - when used

            self._readline = ReadlineInput(self)
        self._readline.run(name, self.marks)

    def watch_changed_keys(self, keys: Mapping[str, str]) -> None:
        self.forget_edits()
        if self.vim is not None:
            self.vim.use_keys(keys)

    @property
    def selected_text(self) -> str:
        """What is selected, in vim mode with the character under the cursor."""
        selected = None if self.vim is None else self.vim.selected_text
        return super().selected_text if selected is None else selected

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

    @on(TextBox.SelectionChanged)
    def follow_selection(self) -> None:
        if self.vim is not None:
            self.vim.follow()

    def render_line(self, y: int) -> Strip:
        # Textual cannot wrap the placeholder to a width of nothing.
        return super().render_line(y) if self.content_size.width else Strip([])

    async def action_send(self) -> None:
        """Send, unless the line ends in a backslash, which asks for another line.

        The name of a slash command is run instead.
        """
        row, column = self.cursor_location
        if column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
        elif (text := self.text_to_send) and self.is_command:
            if line := text.lstrip("!").strip():
                self.take_text()
                self.post_message(self.CommandTyped(line, text.startswith("!!")))
        elif text and not await self._run_command() and self._fill_fields():
            text = self.text_to_send
            if self.paths is not None:
                self.paths.end()
            # Posted before the text is cleared, so that it is sent before its draft is deleted.
            self.post_message(self.Submitted(text[1:] if self._is_escaped(text) else text))
            self.take_text()

    def insert_snippet(self, text: str, placeholders: Mapping[str, str | None]) -> None:
        """Put the text of a snippet before what was typed, and go to its first variable.

        The variables are given as they are written, with their defaults.
        """
        if self.fields is None:
            from fakegpt_tui.ui.widgets.snippet_fields import SnippetFields  # noqa: PLC0415 - when used

            self.fields = SnippetFields(self)
        self.restore_text(text)
        self._begin_typing()
        self.fields.begin(placeholders)

    def _fill_fields(self) -> bool:
        """Fill in what a snippet has as defaults; may the text be sent?"""
        missing = "" if self.fields is None else self.fields.finish()
        if missing:
            self.post_message(self.FieldMissing(missing))
        return not missing

    @property
    def text_to_send(self) -> str:
        """The text without empty lines around it, but indented as it was written."""
        return _EMPTY_LINES.sub("", self.text).rstrip()

    async def _run_command(self) -> bool:
        """Run the command that is typed or marked; is the text none that is to be sent?"""
        command = self._typed_command
        return command is not None and await command.run()

    def command_taken(self) -> None:
        self.take_text()

    def command_refused(self, sentence: str) -> None:
        self.post_message(self.CommandRefused(sentence))

    def _is_escaped(self, text: str) -> bool:
        """Does a second slash say that the name of a command is meant as a prompt?"""
        if not text.startswith("//"):
            return False
        from fakegpt_tui.ui.widgets.command_completion import is_escaped  # noqa: PLC0415 - when typed

        return is_escaped(text, self._snippet_commands)

    def take_text(self) -> str:
        """Remove the text, and return it; `restore_text` brings it back."""
        text = self.text_to_send
        self._history_index = 0
        self.clear()
        self._begin_typing()
        return text

    def _begin_typing(self) -> None:
        if self.vim is not None:
            self.vim.begin()

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

    def action_newline(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.QuitRequested())

    def load_draft(self, text: str, cursor: tuple[int, int] | None = None) -> None:
        """Show the text of another conversation, with the cursor at its end or where it was.

        Undo does not bring back what was here, as it belongs to another conversation.
        """
        self._history_index = 0
        self.load_text(text)
        self.move_cursor(self.document.end if cursor is None else cursor)
        self._begin_typing()

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
            await self._complete_command(event.key)
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

    async def _complete_command(self, key: str) -> bool:
        """Handle a key of the list of commands; whether it was one."""
        command = self._typed_command
        return command is not None and await command.handle_key(key)

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

            self.paths = ReferenceCompletion(self, self)
        if sign == "@" and self.paths is not None and not is_escaped:
            self.paths.begin()
        return is_escaped

    def reference_typed(self, written: str, path: str) -> None:
        self.post_message(self.ReferenceTyped(written, path))

    def completion_moved(self, *, is_closed: bool) -> None:
        self.post_message(self.CompletionMoved(is_closed=is_closed))

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
