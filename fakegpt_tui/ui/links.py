"""Judging where a link goes."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_ALLOWED_SCHEMES = {"http", "https", "mailto"}


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """A link as a person should see it; `refusal` says why it will not be opened."""

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
