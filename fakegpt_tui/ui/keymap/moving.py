"""How to move in everything that has lines."""

from fakegpt_tui.ui.keymap.command import Command, KeyScope


def moving(where: KeyScope, name: str) -> tuple[Command, ...]:
    """How to move in everything that has lines."""
    return (
        Command(where, f"{name}.up", "up,k", "move(-1)", "Up", "Go up a line"),
        Command(where, f"{name}.down", "down,j", "move(1)", "Down", "Go down a line"),
        Command(where, f"{name}.page-up", "pageup", "page(-1)", "Page up", "Go up a page"),
        Command(where, f"{name}.page-down", "pagedown", "page(1)", "Page down", "Go down a page"),
    )
