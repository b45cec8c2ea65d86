"""Telling a person who looks elsewhere that a reply is there."""

from enum import StrEnum

from fakegpt_tui.text import safe_line

_MAX_TITLE = 80


class NotifyMode(StrEnum):
    """How a reply that ends out of sight is announced."""

    NONE = "none"
    BELL = "bell"
    DESKTOP = "desktop"


def notification_sequence(notify: NotifyMode, title: str, words: str) -> str:
    """What to write to the terminal; empty where nothing is wanted.

    Desktop notifications go out as OSC 9 (iTerm2, WezTerm, Windows Terminal) and OSC 777 (urxvt,
    foot, Ghostty); a terminal that knows neither shows nothing. The title is foreign text, and a
    semicolon would end it.
    """
    shown = safe_line(title, _MAX_TITLE).replace(";", ",")
    match notify:
        case NotifyMode.NONE:
            return ""
        case NotifyMode.BELL:
            return "\a"
        case NotifyMode.DESKTOP:
            return f"\x1b]9;{shown}: {words}\x1b\\\x1b]777;notify;{shown};{words}\x1b\\"
