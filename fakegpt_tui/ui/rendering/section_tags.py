"""Which tags begin a section that folds."""

SECTIONS = ("think", "thinking", "thought", "reasoning", "analysis")
"""Tags that begin a foldable section when they stand alone on a line."""


def has_section(text: str) -> bool:
    """Whether there may be something to fold in `text`."""
    return any(f"<{name}>" in text for name in SECTIONS)
