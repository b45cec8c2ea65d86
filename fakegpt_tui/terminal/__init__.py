"""The terminal itself: asking what it can do, and leaving it as it was."""
