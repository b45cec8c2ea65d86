"""What happens when a person presses a link."""

from typing import Any

from textual.screen import Screen

from fakegpt_tui.ui.intents import CopyAsked, OpenAsked
from fakegpt_tui.ui.links import judge


def ask_about_link(screen: Screen[Any], href: str) -> None:
    """Show where a link really goes, and do what a person then wants."""
    from fakegpt_tui.ui.screens.link import LinkScreen  # noqa: PLC0415 - after first paint

    def act(choice: str | None) -> None:
        if choice == "open":
            screen.post_message(OpenAsked(href))
        elif choice == "copy":
            screen.post_message(CopyAsked(href, "link"))

    screen.app.push_screen(LinkScreen(judge(href)), act)
