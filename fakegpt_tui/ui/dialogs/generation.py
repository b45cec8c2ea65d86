"""Generation dialogs: how a conversation is answered, and the exact request that is sent."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Label, Static, TextArea

from fakegpt_tui.domain import FakeGPTError, GenerationSettings, Preset
from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
from fakegpt_tui.domain.generation import GENERATION_ROWS, format_generation, parse_generation
from fakegpt_tui.text import clipboard_text, safe_line, safe_text
from fakegpt_tui.ui.dialogs import UNSAVED, DialogFrame
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.options import SavePreset
from fakegpt_tui.ui.widgets.text_box import TextBox
from fakegpt_tui.ui.widgets.text_field import TextField


class RequestScreen(ModalScreen[None]):
    """Shows a request, from which c makes a command for curl; tab shows the last answer.

    Copying either closes it.
    """

    CSS_PATH = ["dialog.tcss", "generation.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_curl", "Copy as curl", priority=True),
        Binding("y", "copy", "Copy", priority=True),
        Binding("tab", "show_other", "Answer", priority=True),
        Binding("escape,q", "dismiss", "Close", priority=True),
    ]

    def __init__(self, request: ExactRequest, answer: LastAnswer | None, *, service: str) -> None:
        super().__init__()
        self._exact = request
        self._answer = answer
        self._service = service
        self._shows_answer = False

    def compose(self) -> ComposeResult:
        with DialogFrame("request"):
            yield TextBox(read_only=True, id="text")

    def on_mount(self) -> None:
        self._show()

    @property
    def _text(self) -> str:
        if not self._shows_answer:
            return self._exact.to_text()
        if self._answer is None:
            return "The service has not answered yet, in this run of the program."
        return self._answer.to_text()

    def _show(self) -> None:
        about = "Last answer of" if self._shows_answer else "Request to"
        other = "request" if self._shows_answer else "answer"
        keys = f"c copy curl · y copy · tab {other} · esc close"
        self.query_one(DialogFrame).set_frame(f"{about} {self._service}", keys)
        shown = self.query_one("#text", TextBox)
        shown.load_text(safe_text(self._text))
        shown.focus()

    def action_show_other(self) -> None:
        self._shows_answer = not self._shows_answer
        self._show()

    def action_copy(self) -> None:
        self.app.post_message(CopyText(self._text, "text"))
        self.dismiss()

    def action_copy_curl(self) -> None:
        """Copy a command that sends the same; it names a variable in place of the key."""
        self.app.post_message(CopyText(self._exact.to_curl(), "command"))
        self.dismiss()


SYSTEM_PROMPT = "system_prompt"
_PRESET = "preset"
_KEPT = "Kept; /preset gives it to any conversation."
_HINTS: Mapping[str, str] = {
    **{row.name: row.hint for row in GENERATION_ROWS},
    _PRESET: "enter keeps this under a name",
}
_BOXES = {"stop", "schema", "extra"}
"""Settings of several lines."""


class GenerationScreen(ModalScreen[Preset | None]):
    """A field for the system prompt and each setting; dismissed with a preset without a name.

    What is left empty is left to the service. A sentence stands beside what cannot be used.
    """

    CSS_PATH = ["dialog.tcss", "generation.tcss"]
    HORIZONTAL_BREAKPOINTS = [(0, "-least"), (38, "-tiny"), (56, "-narrow"), (100, "-wide")]
    BINDINGS = [Binding("ctrl+s", "keep", "Save"), Binding("escape", "leave", "Close")]

    def __init__(
        self,
        current: Preset,
        *,
        note: str,
        hints: Mapping[str, str],
        presets: Collection[str],
        keep_preset: SavePreset | None,
        begin_at: str,
    ) -> None:
        """Show `current`, and below it a `note` to read; `hints` stand in place of the usual ones.

        `presets` are the names that are taken; without `keep_preset` none can be added. The field
        named `begin_at` has the focus at first.
        """
        super().__init__()
        self._current = current
        self._note = note
        self._hints = {**_HINTS, **hints}
        self._presets = presets
        self._keep_preset = keep_preset
        self._begin_at = begin_at
        typed = format_generation(current.generation)
        self._original = {SYSTEM_PROMPT: current.system_prompt, **typed}
        self._shown: Mapping[str, str] = {}
        self._asked_about: str | None = None

    def compose(self) -> ComposeResult:
        with DialogFrame("generation").add_class("form"):
            yield from self._compose_fields()
            yield Static(Content(safe_line(self._note)), id="note")

    def _compose_fields(self) -> ComposeResult:
        with VerticalScroll(classes="fields", can_focus=False):
            yield Label("system prompt", markup=False)
            yield TextBox(self._current.system_prompt, id=SYSTEM_PROMPT, compact=True)
            for name in (row.name for row in GENERATION_ROWS):
                text = self._original[name]
                yield from _line(
                    name,
                    TextBox(text, id=name, compact=True)
                    if name in _BOXES
                    else TextField(text, id=name, compact=True, placeholder="not set"),
                )
            if self._keep_preset is not None:
                yield from _line(_PRESET, TextField(id=_PRESET, compact=True, placeholder="name"))

    def on_mount(self) -> None:
        box = self.query_one(DialogFrame)
        box.set_frame("Generation settings", "ctrl+s save · tab next field · esc close")
        self._shown = self._texts()
        begin = self.query_one(f"#{self._begin_at}")
        begin.focus()
        self._judge()
        self.call_after_refresh(self._show_beginning, begin)

    def _show_beginning(self, field: Widget) -> None:
        """Scroll to the focused field, and as far up as it stays in view."""
        self.query_one(".fields").scroll_home(animate=False)
        field.scroll_visible(animate=False)

    @on(Input.Changed)
    @on(TextArea.Changed)
    def judge(self) -> None:
        self._asked_about = None
        self._say("note", self._note)
        self._judge()

    @on(Input.Submitted)
    def take_line(self, event: Input.Submitted) -> None:
        if event.input.id == _PRESET:
            self._add_preset(event.value.strip())
        else:
            self.action_keep()

    def action_keep(self) -> None:
        generation, problems = self._generation()
        if problems:
            self.query_one(f"#{next(iter(problems))}").focus()
        else:
            self.dismiss(Preset("", self._system_prompt(), generation))

    def action_leave(self) -> None:
        """Close without a change; where something was typed, only when the key is pressed again."""
        if self._texts() != self._shown and self._asked_about != SYSTEM_PROMPT:
            self._asked_about = SYSTEM_PROMPT
            self._say("note", UNSAVED, is_bad=True)
        else:
            self.dismiss(None)

    @work(exclusive=True, group="preset")
    async def _add_preset(self, name: str) -> None:
        generation, problems = self._generation()
        said = f"{_PRESET}-said"
        if problems or self._keep_preset is None:
            self._say(said, "First there is something to put right above.", is_bad=True)
            return
        is_there = name in self._presets
        if is_there and self._asked_about != name:
            self._asked_about = name
            self._say(said, "There is one already; enter again replaces it.", is_bad=True)
            return
        try:
            await self._keep_preset(Preset(name, self._system_prompt(), generation))
        except FakeGPTError as error:
            self._say(said, str(error), is_bad=True)
        else:
            done = "Replaced; /undo brings the old one back." if is_there else _KEPT
            self._say(said, done)

    def _judge(self) -> None:
        """Say beside each field what it is for, or what is wrong with it."""
        _, problems = self._generation()
        for name, hint in self._hints.items():
            wrong = problems.get(name, "")
            if name != _PRESET or self._keep_preset is not None:
                self._say(f"{name}-said", wrong or hint, is_bad=bool(wrong))

    def _say(self, where: str, sentence: str, *, is_bad: bool = False) -> None:
        place = self.query_one(f"#{where}", Static)
        place.set_class(is_bad, "-bad")
        place.update(Content(safe_line(sentence)))
        if is_bad:
            self.call_after_refresh(self.query_one(DialogFrame).keep_in_view)

    def _generation(self) -> tuple[GenerationSettings, Mapping[str, str]]:
        texts = self._texts()
        return parse_generation(
            {row.name: self._typed(row.name, texts[row.name]) for row in GENERATION_ROWS}
        )

    def _system_prompt(self) -> str:
        return self._typed(SYSTEM_PROMPT, self._texts()[SYSTEM_PROMPT])

    def _typed(self, name: str, text: str) -> str:
        """What was typed into a field; its original text to the letter where it was not edited."""
        return self._original[name] if text == self._shown.get(name, text) else clipboard_text(text)

    def _texts(self) -> Mapping[str, str]:
        names = (SYSTEM_PROMPT, *(row.name for row in GENERATION_ROWS))
        fields = {name: self.query_one(f"#{name}") for name in names}
        return {
            name: field.text if isinstance(field, TextArea) else field.value
            for name, field in fields.items()
            if isinstance(field, TextArea | Input)
        }


def _line(name: str, field: Input | TextArea) -> ComposeResult:
    with Horizontal(id=f"{name}-line", classes="line"):
        yield Label(name, markup=False, classes="name")
        yield field
        yield Static(id=f"{name}-said", classes="said")
