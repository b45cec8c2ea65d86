"""List index: the lines of the conversation list, rows under headings and in folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from fakegpt_tui.domain.folders import is_inside
from fakegpt_tui.ui.widgets import RUNNING, ConversationRow, FolderRow, ListRow, RowStatus

_SHOWN_FIRST = (
    *(RowStatus.STREAMING, RowStatus.WAITING, RowStatus.FAILED, RowStatus.UNREAD),
    *(RowStatus.QUEUED, RowStatus.DRAFT, RowStatus.NONE),
)
"""Which status a folder shows of those that are hidden in it."""


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
        """How many rows are above this one; `None` for one that is not shown."""
        return self._places.get(row_id or "", (None, None))[0]

    def line_of(self, row_id: str | None) -> int | None:
        return self._places.get(row_id or "", (None, None))[1]

    def id_at(self, position: int) -> str | None:
        """The row at a position, or at the end that it lies beyond."""
        if not self._stops:
            return None
        return self._stops[max(0, min(position, len(self._stops) - 1))]

    def shown_as(self, row_id: str | None) -> str | None:
        """The row itself, or the folder that it is hidden in; `None` for one that is not there."""
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
