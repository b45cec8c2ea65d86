"""Link dialog: checks where a link goes and shows it before it is opened."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.messages import CopyText, OpenLink

_ALLOWED_SCHEMES = {"http", "https", "mailto"}


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """A link to show before it is opened; `refusal` says why it will not be opened."""

    href: str
    host: str = ""
    refusal: str = ""


def check_link(href: str) -> LinkTarget:
    """What to show of `href`, and whether it may be handed to a browser.

    Judged as it is written: a browser would get these very characters. The host is shown as the
    network sees it, so that letters that look alike do not pass for others.
    """
    try:
        parts = urlsplit(href)
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return LinkTarget(href, refusal="This is not an address that could be opened.")
    return LinkTarget(href, host=host, refusal=_refusal(href, parts.scheme, parts.netloc))


def _refusal(href: str, scheme: str, netloc: str) -> str:
    if any(character.isspace() or not character.isprintable() for character in href):
        return "It is not opened: its address holds characters that cannot be seen."
    if scheme not in _ALLOWED_SCHEMES:
        return "It is not opened: only http, https and mailto links are."
    if scheme != "mailto" and not netloc:
        return "It is not opened: its address names no host."
    if "@" in netloc:
        return "It is not opened: its address holds a user name."
    return ""


def ask_about_link(screen: Screen[Any], href: str) -> None:
    """Show where a link really goes, and open or copy it if the user then wants that."""

    def act(choice: str | None) -> None:
        if choice == "open":
            screen.post_message(OpenLink(href))
        elif choice == "copy":
            screen.post_message(CopyText(href, "link"))

    screen.app.push_screen(LinkScreen(check_link(href)), act)


class LinkScreen(ModalScreen[str | None]):
    """Shows a link's target in full; dismissed with `open`, `copy` or nothing."""

    CSS_PATH = ["dialog.tcss", "link.tcss"]
    BINDINGS = [
        Binding("enter,o", "choose('open')", "Open"),
        Binding("c,y", "choose('copy')", "Copy"),
        Binding("escape,q", "dismiss", "Close"),
    ]

    def __init__(self, target: LinkTarget) -> None:
        super().__init__()
        self._target = target

    def compose(self) -> ComposeResult:
        target = self._target
        with DialogFrame("link"):
            yield Static(Content(safe_line(target.href, 2000)), id="target")
            if target.host:
                yield Static(Content.assemble("Host  ", (safe_line(target.host), "bold")))
            if target.refusal:
                yield Static(Content(target.refusal), id="refusal")

    def on_mount(self) -> None:
        opening = "" if self._target.refusal else "enter open · "
        self.query_one(DialogFrame).set_frame("Link", f"{opening}c copy · esc close")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A link that must not be opened has no key that opens it."""
        return not (action == "choose" and parameters == ("open",) and self._target.refusal)

    def action_choose(self, choice: str) -> None:
        self.dismiss(choice)
