"""Textual, Rich and the terminal: all that patches them or works around them.

Private names of Textual and Rich are used in this package alone, which `tests/ui/terminal` checks.
Each module says what it mends, since which release, and when it can go.
"""
