"""Lines of the conversation list: rows under headings and in folders, and how each is drawn."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from fakegpt_tui.domain.folders import is_inside
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets import RUNNING, ConversationRow, FolderRow, ListRow, RowStatus
from fakegpt_tui.ui.widgets.drawing import (
    fit,
    format_age,
    icon_cell,
    spinner,
    truncate,
    without_background,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from rich.style import Style


_SHOWN_FIRST = (
    *(RowStatus.STREAMING, RowStatus.WAITING, RowStatus.FAILED, RowStatus.UNREAD),
    *(RowStatus.QUEUED, RowStatus.DRAFT, RowStatus.NONE),
)
"""Statuses by importance: a folder shows the first of those that it hides."""


class ListIndex:
    """The lines, and where each conversation and folder is among them.

    What is in a folded folder is shown as that folder.
    """

    def __init__(self, rows: Sequence[ListRow], folded: Collection[str]) -> None:
        self.lines: list[ListRow | str] = []
        self.running: list[int] = []
        """The lines of conversations with a reply under way, hidden ones included."""
        self._rows = rows
        self._stops: list[str] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._hidden: dict[str, str] = {}
        self.statuses: dict[str, RowStatus] = {}
        """The most urgent status of what is hidden in a folder, by its row."""
        self.counts: Counter[str] = Counter()
        """How many conversations are hidden in a folder, by its row."""
        group, folder = "", ""
        for row in rows:
            if folder:
                if is_inside(_path_of(row), folder):
                    self._hide(row, f"/{folder}")
                    continue
                folder = ""
            if isinstance(row, FolderRow) and row.path in folded:
                folder = row.path
            if row.group != group:
                group = row.group
                self.lines += [*([""] if self.lines else []), *([group] if group else [])]
            self._places[row.id] = len(self._stops), len(self.lines)
            self._stops.append(row.id)
            if row.status in RUNNING:
                self.running.append(len(self.lines))
            self.lines.append(row)

    def _hide(self, row: ListRow, folder_id: str) -> None:
        self._hidden[row.id] = folder_id
        self.counts[folder_id] += isinstance(row, ConversationRow)
        known = self.statuses.get(folder_id, RowStatus.NONE)
        self.statuses[folder_id] = min(known, row.status, key=_SHOWN_FIRST.index)
        if row.status in RUNNING:
            self.running.append(self._places[folder_id][1])

    def __contains__(self, row_id: str | None) -> bool:
        return row_id in self._places

    def position_of(self, row_id: str | None) -> int | None:
        """How many rows are above a row; `None` where that row is not shown."""
        return self._places.get(row_id or "", (None, None))[0]

    def line_of(self, row_id: str | None) -> int | None:
        return self._places.get(row_id or "", (None, None))[1]

    def id_at(self, position: int) -> str | None:
        """The row at a position, or at the end that it lies beyond."""
        if not self._stops:
            return None
        return self._stops[max(0, min(position, len(self._stops) - 1))]

    def shown_as(self, row_id: str | None) -> str | None:
        """The id of a row, or of the folder that hides it; `None` where there is no such row."""
        return self._hidden.get(row_id or "") or (row_id if row_id in self else None)

    def inside(self, folder: str) -> frozenset[str]:
        """The conversations in a folder, and in those in it."""
        rows = (row for row in self._rows if isinstance(row, ConversationRow))
        return frozenset(row.id for row in rows if is_inside(row.folder, folder))

    def around(self, row_id: str | None) -> str | None:
        """The folder that a row is in; `None` at the top."""
        line = self.line_of(row_id)
        row = "" if line is None else self.lines[line]
        path = "" if isinstance(row, str) else _path_of(row)
        if isinstance(row, FolderRow):
            path = path.rpartition("/")[0]
        return f"/{path}" if path else None

    def group_top(self, line: int) -> int:
        """The heading above a line with its blank, if there is one; else the line."""
        while line > 0 and isinstance(self.lines[line - 1], str):
            line -= 1
        return line


def _path_of(row: ListRow) -> str:
    return row.path if isinstance(row, FolderRow) else row.folder


_STATUS_STYLES = {
    RowStatus.STREAMING: "busy",
    RowStatus.WAITING: "muted",
    RowStatus.QUEUED: "busy",
    RowStatus.UNREAD: "unread",
    RowStatus.FAILED: "failed",
    RowStatus.DRAFT: "muted",
}
_SIGNS = 3
"""Cells of the marker and the icon of a row."""
_AGE_FROM_WIDTH = 20
_MODEL_FROM_WIDTH = 40
_LEAST_TAG = 4
"""Cells of a tag, with its sign, below which it says nothing."""
_DEEPEST = 6
"""Folders in folders beyond this are indented no further."""
_OPEN, _FOLDED = "▾", "▸"


class _RowTexts(NamedTuple):
    """What a row shows behind its marker; title and facts fill the line."""

    status: RowStatus
    title: str
    facts: str


class DrawnList(Protocol):
    """What is drawn: the list, with its cursor and what is marked in it."""

    folded: frozenset[str]
    picked: frozenset[str]
    current: str | None
    cursor: str | None
    minute: datetime | None
    step: int

    @property
    def has_focus(self) -> bool: ...

    def style_of(self, part: str = "", *, partial: bool = False) -> Style: ...


def draw_row(view: DrawnList, index: ListIndex, row: ListRow, width: int) -> Strip:
    """A marker, an icon, a title and facts; of a folder, its name and what is hidden in it."""
    style = view.style_of("heading" if isinstance(row, FolderRow) else "")
    is_current = row.id == index.shown_as(view.current)
    if is_current:
        style += view.style_of("current", partial=True)
    room = max(0, width - _SIGNS)
    if isinstance(row, FolderRow):
        texts = _folder_texts(row, index, room, is_folded=row.path in view.folded)
    else:
        texts = _conversation_texts(row, width, room, view.minute)
    icon_style = style
    if texts.status in _STATUS_STYLES:
        icon_style += without_background(view.style_of(_STATUS_STYLES[texts.status]))
    facts_style = style + without_background(view.style_of("muted"))
    if row.id == view.cursor and view.has_focus:
        cursor = view.style_of("cursor")
        style, icon_style, facts_style = style + cursor, icon_style + cursor, style + cursor
    turns = view.step and texts.status in RUNNING
    segments = [
        Segment(_marker(view, row.id, is_current=is_current), style),
        Segment(icon_cell(spinner(view.step) if turns else texts.status.value), icon_style),
        Segment(texts.title, style),
        Segment(texts.facts, facts_style),
    ]
    return Strip(segments, max(_SIGNS, width)).crop(0, width)


def _marker(view: DrawnList, row_id: str, *, is_current: bool) -> str:
    if row_id in view.picked:
        return "✓"
    if is_current:
        return "▌"
    return "›" if row_id == view.cursor and view.has_focus else " "


def _folder_texts(row: FolderRow, index: ListIndex, room: int, *, is_folded: bool) -> _RowTexts:
    count = index.counts[row.id]
    facts = f" {count} " if count else ""
    depth = min(row.path.count("/"), _DEEPEST)
    name = safe_line(row.path.rpartition("/")[2])
    title = f"{' ' * depth}{_FOLDED if is_folded else _OPEN} {name}"
    status = index.statuses.get(row.id, RowStatus.NONE)
    return _RowTexts(status, fit(title, max(0, room - len(facts))), facts)


def _conversation_texts(
    row: ConversationRow, width: int, room: int, minute: datetime | None
) -> _RowTexts:
    """Tags stand in room that the title leaves, and in a wide list have some of their own."""
    indent = min(row.folder.count("/"), _DEEPEST) + 2 if row.folder else 0
    facts = _facts(row, width, minute)
    room = max(0, room - indent - cell_len(facts))
    own = width // 5 if width >= _MODEL_FROM_WIDTH else 0
    title_width = cell_len(safe_line(row.full_title))
    tags = _fitting_tags(row.tags, max(room - title_width - 1, own))
    title = _titled(row, max(0, room - cell_len(tags)))
    return _RowTexts(row.status, f"{' ' * indent}{title}", f"{tags}{facts}")


def _facts(row: ConversationRow, width: int, minute: datetime | None) -> str:
    """The model, where there is much room, and the age of a row."""
    if row.used_at is None or minute is None or width < _AGE_FROM_WIDTH:
        return ""
    age = f" {format_age(row.used_at, minute):>3} "
    model = safe_line(row.model) if width >= _MODEL_FROM_WIDTH else ""
    return f"  {truncate(model, width // 4)} {age}" if model else age


def _fitting_tags(tags: Sequence[str], room: int) -> str:
    """The first tags that fit, each behind a blank; of one that is too long, its beginning."""
    shown = ""
    for tag in tags:
        word = f" #{safe_line(tag)}"
        if cell_len(shown + word) > room:
            return shown or (f" {truncate(word[1:], room - 1)}" if room > _LEAST_TAG else "")
        shown += word
    return shown


def _titled(row: ConversationRow, width: int) -> str:
    """A title, and what tells it from equal ones, cut or padded to `width` cells."""
    if not row.difference:
        return fit(safe_line(row.full_title), width)
    title, difference = safe_line(row.title) or "Untitled", f" · {row.difference}"
    return fit(f"{truncate(title, max(1, width - cell_len(difference)))}{difference}", width)
