"""What a widget shows, as text and as styles."""

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


def strips(widget: Widget) -> list[Strip]:
    """The lines as they go to the screen, unchanged ones from the cache that the screen uses."""
    size = widget.size
    return widget.render_lines(Region(0, 0, size.width, size.height))


def shown(widget: Widget) -> list[str]:
    return [strip.text.rstrip() for strip in strips(widget)]
