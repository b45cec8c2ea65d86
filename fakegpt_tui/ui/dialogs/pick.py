"""Pick and ask dialogs: choose a row by typing a part of it, or with a preview, or type a line."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import ClassVar, Final, TypeVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import Choice, DialogFrame
from fakegpt_tui.ui.terminal.output import repaint_now
from fakegpt_tui.ui.widgets.drawing import fit, icon_cell
from fakegpt_tui.ui.widgets.text_field import TextField

T = TypeVar("T")

_WIDEST_LABEL = 66
_WIDE: Final = 90
"""From this width on there is room for the preview beside the rows."""
_MAX_NOTE = 400
_MAX_SHOWN = 200
"""An option list lays out all of its options whenever one changes."""


class ListScreen(ModalScreen[T]):
    """A dialog with a field that has the focus, and a list whose highlight the arrows move."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close"),
        Binding("down,ctrl+n", "move(1)", "Next", show=False),
        Binding("up,ctrl+p", "move(-1)", "Previous", show=False),
        # First of all: Textual's list fails at them while it has no rows on the screen.
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
    ]

    @property
    def options(self) -> OptionList:
        return self.query_one(OptionList)

    def show_rows(self, rows: Sequence[Option]) -> None:
        """Show other rows; the highlight stays on its row, or goes to the first with an id."""
        marked = self.options.highlighted_option
        self.options.clear_options()
        self.options.add_options(rows or [nothing_fits()])
        ids = [row.id for row in rows if row.id is not None]
        if ids:
            wanted = marked.id if marked is not None and marked.id in ids else ids[0]
            self.options.highlighted = self.options.get_option_index(str(wanted))

    def action_move(self, step: int) -> None:
        """Highlight the row so many places on, passing over headings; the ends are joined."""
        options = self.options
        places = [at for at, option in enumerate(options.options) if not option.disabled]
        if not places:
            return
        at = places.index(options.highlighted) if options.highlighted in places else 0
        if abs(step) == 1:
            options.highlighted = places[(at + step) % len(places)]
        else:
            options.highlighted = places[max(0, min(at + step, len(places) - 1))]


class ChoiceListScreen(ListScreen[str | None]):
    """Dismissed with the id of a row."""

    @on(Input.Submitted)
    def choose_highlighted(self) -> None:
        if (option := self.options.highlighted_option) is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


class PickScreen(ChoiceListScreen):
    """A field and the choices that have every word of it; dismissed with the id of one."""

    CSS_PATH = ["dialog.tcss", "pick.tcss"]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        current: str = "",
        preview: Callable[[str], object] | None = None,
        filters: bool = True,
        note: str = "",
        verb: str = "choose",
    ) -> None:
        """Ask for one of the `choices`, of which `current` is marked; enter does the `verb`.

        The field is there if it `filters` and there is no `note`, which says what a question is
        about. `preview` is told the id of each theme that is highlighted, and a sample of its
        colours is shown.
        """
        super().__init__()
        self._preview = preview
        self.set_class(preview is not None, "-sampled")
        self._title = title
        self._choices = choices
        self._current = current
        self._filters = filters and not note
        self._note = note
        self._verb = verb
        self._label_width = _label_width(choices)

    def compose(self) -> ComposeResult:
        with DialogFrame("pick"):
            yield TextField(placeholder="Type to filter", compact=True)
            if self._note:
                yield Static(Content(safe_line(self._note, _MAX_NOTE)), id="note")
            yield OptionList(compact=True, markup=False)
            if self._preview is not None:
                yield Static(_colour_sample(), id="sample")

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame(self._title, f"enter {self._verb} · esc close")
        self._show("")
        if not self._filters:
            self.query_one(TextField).display = False
            self.options.focus()

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(OptionList.OptionHighlighted)
    def show_preview(self, event: OptionList.OptionHighlighted) -> None:
        if self._preview is not None and event.option_id is not None:
            self._preview(event.option_id)

    def _show(self, query: str) -> None:
        words = query.casefold().split()
        fitting = (
            choice
            for choice in self._choices
            if all(word in f"{choice.label} {choice.detail}".casefold() for word in words)
        )
        shown = list(islice(fitting, _MAX_SHOWN))
        self.options.clear_options()
        rows = [Option(self._line(choice), id=choice.id) for choice in shown]
        self.options.add_options(rows or ([nothing_fits()] if words else []))
        ids = [choice.id for choice in shown]
        if ids:
            self.options.highlighted = ids.index(self._current) if self._current in ids else 0

    def _line(self, choice: Choice) -> Content:
        mark = icon_cell("●" if choice.id == self._current else "")
        label = safe_line(choice.label)
        if not choice.detail:
            return Content.assemble(mark, label)
        label = fit(label, min(self._label_width, self.app.size.width * 6 // 10))
        return Content.assemble(mark, label, (f"  {safe_line(choice.detail)}", "$text-muted"))


def nothing_fits() -> Option:
    """The row of a list of which nothing has the words that were typed."""
    return Option(Content.styled("Nothing fits.", "$text-muted"), disabled=True)


def _colour_sample() -> Content:
    """A prompt and a reply in the colours of the theme."""
    bar = ("▌ ", "$accent")
    return Content.assemble(
        *(bar, ("You", "bold $accent"), (" · 14:02", "$text-muted"), "\n"),
        *(bar, "How does it look?", "\n\n"),
        *("  ", ("Assistant", "bold $primary"), (" · 14:02 · 2.1 s", "$text-muted"), "\n"),
        *(
            "  Like this: ",
            ("code", "$text-accent on $panel"),
            ", ",
            ("a link", "underline $primary"),
        ),
        *(", ", ("what is done", "$success"), ", ", ("what failed", "$text-error"), "."),
    )


def _label_width(choices: Sequence[Choice]) -> int:
    """How wide the column of labels is: as the longest, within limits."""
    widths = (cell_len(safe_line(each.label)) for each in choices[:_MAX_SHOWN] if each.detail)
    return min(_WIDEST_LABEL, max(widths, default=0))


class PreviewListScreen(ChoiceListScreen):
    """Shows what the marked row stands for. Each dialog of the kind fills rows and preview."""

    FRAME: ClassVar[str]
    """The name of the dialog in the style sheet."""
    BINDINGS = [
        Binding("alt+down", "scroll_preview(1)", "Down", show=False),
        Binding("alt+up", "scroll_preview(-1)", "Up", show=False),
    ]

    def compose(self) -> ComposeResult:
        with DialogFrame(self.FRAME):
            yield TextField(placeholder="Type to filter", compact=True)
            with Horizontal():
                yield OptionList(compact=True, markup=False)
                with VerticalScroll(id="preview", can_focus=False):
                    yield Static(markup=False)

    @property
    def preview(self) -> Static:
        return self.query_one("#preview Static", Static)

    def action_scroll_preview(self, lines: int) -> None:
        self.query_one("#preview", VerticalScroll).scroll_relative(y=lines, animate=False)

    @property
    def words(self) -> list[str]:
        """What the rows are filtered by, in lower case."""
        return self.query_one(Input).value.casefold().split()

    def show_fitting(self) -> None:
        """Show the rows that have all of the words."""
        raise NotImplementedError

    def show_marked(self, row_id: str | None) -> None:
        """Show what the marked row stands for in the preview."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < _WIDE, "-narrow")
        # Rows may go by the width of the list, which this changes.
        self.call_after_refresh(self.show_fitting)

    @on(Input.Changed)
    def filter(self) -> None:
        self.show_fitting()
        if self.options.highlighted is None:
            self.preview.update()

    @on(OptionList.OptionHighlighted)
    def follow_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.show_marked(event.option_id)


class AskScreen(ModalScreen[str | None]):
    """A field with a text in it; dismissed with what it holds, or with nothing."""

    CSS_PATH = ["dialog.tcss"]
    BINDINGS = [Binding("escape", "dismiss", "Close")]

    def __init__(self, title: str, text: str, *, verb: str = "save") -> None:
        """`verb` says what enter does with it."""
        super().__init__()
        self._title = title
        self._text = text
        self._verb = verb

    def compose(self) -> ComposeResult:
        with DialogFrame("ask"):
            yield from self.compose_field(self._text)

    def compose_field(self, text: str) -> ComposeResult:
        yield TextField(text, select_on_focus=False)

    def on_idle(self) -> None:
        repaint_now(self)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame(self._title, f"enter {self._verb} · esc close")

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class AskPathScreen(AskScreen):
    """A field with a path in it, which tab completes."""

    def compose_field(self, text: str) -> ComposeResult:
        from fakegpt_tui.ui.widgets.text_field import PathField  # noqa: PLC0415 - when asked

        yield PathField(text)
