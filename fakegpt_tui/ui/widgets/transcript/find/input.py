"""Find input: how a query is edited, and the line that shows it."""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import truncate

_MAX_LENGTH = 200


def insert_text(query: str, text: str) -> str:
    return (query + " ".join(text.split("\n")))[:_MAX_LENGTH]


def edit_query(query: str, key: str) -> str | None:
    """The query after an editing key; `None` for other keys."""
    match key:
        case "backspace":
            return query[:-1]
        case "ctrl+u":
            return ""
        case "ctrl+w":
            return query.rstrip()[: query.rstrip().rfind(" ") + 1]
        case _:
            return None


def render_find_line(query: str, result: str, width: int, style: Style, *, typing: bool) -> Strip:
    """The query, the result of the search and the keys.

    The transcript draws it on its last row. A widget would need room beside the transcript.
    """
    hint = "enter keep  esc close" if typing else "n next  N previous  esc close"
    left = truncate(f" /{_end_of_query(query, max(1, width * 2 // 3))}", width)
    right = f"  {result}  {hint} "
    if cell_len(left) + cell_len(right) > width:
        right = f" {result} "
    right = truncate(right, max(0, width - cell_len(left)))
    room = width - cell_len(left) - cell_len(right)
    return Strip([Segment(left + " " * room + right, style)], width)


def _end_of_query(query: str, width: int) -> str:
    shown = safe_line(query, _MAX_LENGTH) + (" " if query.endswith(" ") else "")
    while cell_len(shown) > width:
        shown = shown[1:]
    return shown
