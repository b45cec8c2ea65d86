"""Typed keys: which text a key types, and which command the same key is in a Latin layout.

Mends: Textual drops characters that Python does not call printable, and knows a key by the letter
that it types alone, so that commands are out of reach in Cyrillic, Greek and Hebrew layouts.
Since: Textual 8.2.8. Can go: when Textual types all but control characters, and uses the base key
of kitty's keyboard protocol.
"""

import unicodedata

from textual import events
from textual.keys import _character_to_key
from textual.message import Message


class TypedText(str):
    """A character that a key types, although Python does not call it printable.

    Textual asks `isprintable()`, which is false for every space but one, for joiners, and for what
    is newer than Python's Unicode tables; input methods and keyboards type them all.
    """

    __slots__ = ()

    def isprintable(self) -> bool:
        return True


class LayoutKey(events.Key):
    """A key that types a letter, with the name of the same key in the Latin layout beside it."""

    __slots__ = ["latin"]

    def __init__(self, key: str, character: str | None, latin: str) -> None:
        super().__init__(key, character)
        self.latin = latin

    def copy(self) -> "LayoutKey":
        return LayoutKey(self.key, self.character, self.latin)

    @property
    def as_latin(self) -> events.Key:
        """What the key is for a command, where nothing is typed."""
        return events.Key(key_name(self.latin), self.latin)


class HeldKey(events.Key):
    """A key that types nothing, as often as it was pressed: those that wait are put together."""

    __slots__ = ["count"]

    def __init__(self, key: str, character: str | None, count: int = 1) -> None:
        super().__init__(key, character)
        self.count = count

    def can_replace(self, message: Message) -> bool:
        """Take this press into the next one, where that is of the same key; Textual asks."""
        if not isinstance(message, HeldKey) or message.key != self.key:
            return False
        message.count += self.count
        return True

    def copy(self) -> "HeldKey":
        return HeldKey(self.key, self.character, self.count)

    @property
    def presses(self) -> list[events.Key]:
        """Each press as a key of its own."""
        return [events.Key(self.key, self.character) for _ in range(self.count)]


LayoutKey.handler_name = events.Key.handler_name
HeldKey.handler_name = events.Key.handler_name


def key_name(character: str) -> str:
    """Textual's name for the key that types a character."""
    return _character_to_key(character)


def as_typed(message: Message) -> Message:
    """A key whose character is text, unless it is a control character or surrogate.

    One that was pressed together with alt types nothing, or it would never be a command.
    """
    if not isinstance(message, events.Key):
        return message
    if message.key.startswith("alt+"):
        return HeldKey(message.key, None)
    if message.is_printable:
        return message
    if not message.character or is_control(message.character):
        return HeldKey(message.key, message.character)
    message.character = TypedText(message.character)
    return message


def is_control(text: str) -> bool:
    """Is there a control character or a surrogate in `text`?"""
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def with_latin(key: events.Key, base: str | None) -> events.Key:
    """A key of another layout that types a letter, so that it can be a command as well."""
    if base and key.character and not key.character.isascii() and is_latin(base):
        return LayoutKey(key.key, key.character, _with_case(chr(int(base)), key.character))
    return key


def _with_case(latin: str, typed: str) -> str:
    return latin.upper() if typed.isupper() else latin


def is_latin(base: str) -> bool:
    """Is this the number of a printable ASCII character?"""
    return is_character(base) and chr(int(base)).isascii() and chr(int(base)).isprintable()


def is_character(code: str) -> bool:
    """Is this the number of a code point that can be encoded?"""
    try:
        return int(code) > 0 and bool(chr(int(code)).encode())
    except (OverflowError, ValueError):
        return False
