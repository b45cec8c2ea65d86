"""Find input: the line in which the query is typed."""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import truncate

_MAX_LENGTH = 200


class FindInput:
    """The query as it is typed, and how it is drawn.

    The transcript draws it on its last row. As a widget it would need room beside the transcript.
    """

    def __init__(self) -> None:
        self.is_open = False
        """Is the line shown?"""
        self.is_typing = False
        self.query = ""

    def open(self) -> None:
        """Begin to type a new query."""
        self.is_open = self.is_typing = True
        self.query = ""

    def accept(self) -> None:
        """End typing; the line stays."""
        self.is_typing = False

    def close(self) -> None:
        self.is_open = self.is_typing = False

    def insert(self, text: str) -> None:
        self.query = (self.query + " ".join(text.split("\n")))[:_MAX_LENGTH]

    def edit(self, key: str) -> bool:
        """Do what a key does to a line of text; whether it does anything."""
        match key:
            case "backspace":
                self.query = self.query[:-1]
            case "ctrl+u":
                self.query = ""
            case "ctrl+w":
                self.query = self.query.rstrip()[: self.query.rstrip().rfind(" ") + 1]
            case _:
                return False
        return True

    def render(self, width: int, result: str, style: Style) -> Strip:
        """The line, with the result of the search at its right."""
        hint = "enter keep  esc close" if self.is_typing else "n next  N previous  esc close"
        typed = self._shown_query(width)
        right = f"  {result}  {hint} "
        if cell_len(typed) + cell_len(right) > width:
            right = f" {result} "
        right = truncate(right, max(0, width - cell_len(typed)))
        room = width - cell_len(typed) - cell_len(right)
        return Strip([Segment(typed + " " * room + right, style)], width)

    def _shown_query(self, width: int) -> str:
        shown = safe_line(self.query, _MAX_LENGTH) + (" " if self.query.endswith(" ") else "")
        room = max(1, width * 2 // 3)
        while cell_len(shown) > room:
            shown = shown[1:]
        return truncate(f" /{shown}", width)
