"""Text that must take an exact number of terminal cells, and the colour it has there.

Knows nothing of this program: any widget that draws its own lines can use it.
"""

from rich.cells import cell_len, set_cell_size
from rich.style import Style


def truncate(text: str, width: int) -> str:
    """`text`, ended with … where it takes more than `width` cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def icon_cell(text: str) -> str:
    """A sign before something else, with the space after it that a wide sign takes for itself."""
    return set_cell_size(text, 2)


def fit(text: str, width: int) -> str:
    """`text` cut or filled up so that it takes `width` cells."""
    return set_cell_size(truncate(text, width), max(0, width))


def without_background(style: Style) -> Style:
    """`style` without its background, for text that may stand on another one."""
    return Style(color=style.color, bold=style.bold, italic=style.italic, dim=style.dim)
