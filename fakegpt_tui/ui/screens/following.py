"""What happens when a person presses a link."""

from typing import Any

from textual.screen import Screen

from fakegpt_tui.ui.intents import CopyText, OpenLink
from fakegpt_tui.ui.links import check_link


def ask_about_link(screen: Screen[Any], href: str) -> None:
    """Show where a link really goes, and do what a person then wants."""
    from fakegpt_tui.ui.screens.link import LinkScreen  # noqa: PLC0415 - after first paint

    def act(choice: str | None) -> None:
        if choice == "open":
            screen.post_message(OpenLink(href))
        elif choice == "copy":
            screen.post_message(CopyText(href, "link"))

    screen.app.push_screen(LinkScreen(check_link(href)), act)
