"""Text of a text box as one string, with places in it as indices."""

from textual.widgets import TextArea

from fakegpt_tui.ui.widgets.editing.places import common_length
from fakegpt_tui.ui.widgets.text_box import Location, end_of


def text_of(box: TextArea) -> str:
    """The text with `\\n` between its lines, whatever is between them where it came from."""
    return "\n".join(box.document[each] for each in range(box.document.line_count))


def index_of(box: TextArea, location: Location) -> int:
    """The index in that text of a row and a column."""
    row, column = location
    return sum(len(box.document[each]) + 1 for each in range(row)) + column


def selected_range(box: TextArea) -> tuple[int, int]:
    """Where the selection begins and ends, as indices; where there is none, twice the cursor."""
    start, end = sorted(index_of(box, location) for location in box.selection)
    return start, end


def location_of(text: str, index: int) -> Location:
    """The row and the column of an index."""
    return end_of(text[:index])


def write_text(box: TextArea, text: str) -> None:
    """Let the box have a text, as one step that can be undone; only what differs is replaced."""
    before = text_of(box)
    if before == text:
        return
    start = common_length(before, text)
    same = common_length(before[start:][::-1], text[start:][::-1])
    box.history.checkpoint()
    box.replace(
        text[start : len(text) - same],
        location_of(before, start),
        location_of(before, len(before) - same),
        maintain_selection_offset=False,
    )
