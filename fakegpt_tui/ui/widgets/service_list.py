"""Service list widget: services and models under headings; toggles that read without colour."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Checkbox, OptionList, RadioButton, RadioSet
from textual.widgets.option_list import Option

from fakegpt_tui.domain import ModelRef
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import icon_cell


class RowKind(Enum):
    """What a row is about."""

    HEADING = auto()
    SERVICE = auto()
    MODEL = auto()
    MORE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One row; only those of services and models can be chosen. `detail` is shown after `text`."""

    kind: RowKind
    text: str
    detail: str = ""
    model: ModelRef | None = None
    is_favourite: bool = False
    is_apart: bool = False
    """Is it listed apart from the other models of its service, such as a favourite?"""


class ServiceList(OptionList):
    """Rows under headings; the highlight stays with what it was on when the rows change."""

    DEFAULT_CSS = """
    ServiceList {
        height: auto;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__(compact=True, markup=False)
        self._rows: Sequence[ServiceRow] = ()

    @property
    def highlighted_model(self) -> ModelRef | None:
        """The service or model of the highlighted row."""
        index = self.highlighted
        return None if index is None else self._rows[index].model

    def show(
        self,
        rows: Sequence[ServiceRow],
        marked: Collection[ModelRef],
        highlight: ModelRef | None = None,
    ) -> None:
        """Show `rows`, with a mark at some, and highlight one or what was highlighted before."""
        wanted = highlight or self.highlighted_model
        was_first = self.highlighted is not None and self._rows[self.highlighted].is_apart
        self._rows = rows
        self.clear_options()
        self.add_options(
            Option(_row_content(row, is_marked=row.model in marked), disabled=row.model is None)
            for row in rows
        )
        self.highlighted = _row_to_highlight(rows, wanted, was_first=was_first)


def _row_to_highlight(
    rows: Sequence[ServiceRow], wanted: ModelRef | None, *, was_first: bool
) -> int | None:
    """The row to highlight: of the wanted model, or else of its service, or else the first."""
    service = ModelRef(wanted.service) if wanted is not None else None

    def distance(index: int) -> int:
        row = rows[index]
        if row.model == wanted:
            return 0 if row.is_apart == was_first else 1
        return 2 if row.model == service else 3

    choices = (index for index, row in enumerate(rows) if row.model is not None)
    return min(choices, key=distance, default=None)


def _row_content(row: ServiceRow, *, is_marked: bool) -> Content:
    if row.kind is RowKind.HEADING:
        return Content.styled(row.text, "bold $primary")
    if row.kind is RowKind.MORE:
        return Content.styled(f"      {row.text}", "$text-muted")
    detail = f"  {safe_line(row.detail, 400)}" if row.detail else ""
    mark = icon_cell("●" if is_marked else "")
    if row.kind is RowKind.SERVICE:
        return Content.assemble(mark, (safe_line(row.text), "bold"), (detail, "$text-muted"))
    star = icon_cell("★" if row.is_favourite else "")
    return Content.assemble(
        "  ", mark, (star, "$accent"), safe_line(row.text), (detail, "$text-muted")
    )


class PlainRadioButton(RadioButton):
    """A radio button that can be read without colour."""

    def render(self) -> Content:
        return _toggle_content(self, f"({'●' if self.value else ' ' * cell_len('●')})")

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's
        return self.render().cell_length


class ArrowRadioSet(RadioSet):
    """A radio set in which arrows choose, so that what was gone to is what is saved."""

    BINDINGS = [
        Binding("down,right", "choose(1)", "Next option", show=False),
        Binding("up,left", "choose(-1)", "Previous option", show=False),
        Binding("space", "choose(0)", "This option", show=False),
    ]

    def on_mount(self) -> None:
        """Let the cursor begin at what is chosen; Textual puts it on the first one."""
        for _ in range(self._chosen):
            self.action_next_button()

    @property
    def _chosen(self) -> int:
        return next((place for place, each in enumerate(self.query(RadioButton)) if each.value), 0)

    def action_choose(self, step: int) -> None:
        """Choose the button that is so many further on, at once: another arrow may follow."""
        buttons, place = list(self.query(RadioButton)), self._chosen
        with self.prevent(RadioButton.Changed):
            buttons[place].value = False
        buttons[(place + step) % len(buttons)].value = True


class PlainCheckbox(Checkbox):
    """A checkbox that can be read without colour."""

    def render(self) -> Content:
        return _toggle_content(self, "[x]" if self.value else "[ ]")


def _toggle_content(toggle: RadioButton | Checkbox, button: str) -> Content:
    style = toggle.get_visual_style("toggle--label")
    return Content.assemble(button, toggle.label.pad(1, 1).stylize_before(style))
