"""How high text will be, before it is drawn."""

LEAST_WIDTH = 4
"""Cells that are always drawn in, however few there are."""


def estimate_height(text: str, width: int) -> int:
    """About how many lines `text` will take, from the lengths of its lines alone."""
    width = max(width, LEAST_WIDTH)
    return sum(1 + len(line) // width for line in text.split("\n"))
