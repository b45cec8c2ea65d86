"""Key decoder: the bytes of a key press, its name, and the commands it runs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from textual import events
from textual.message import Message

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import commands_for_key
from fakegpt_tui.ui.terminal.input_parser import TolerantParser
from fakegpt_tui.ui.terminal.input_scanner import InputToken

_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class DecodedInput:
    """One thing that came from the terminal. `name` is empty where it was no key."""

    raw: str
    name: str
    meanings: tuple[str, ...]


class KeyDecoder:
    """Reads as the program does, and says of each key what it would do."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` are those that the user has changed, by the ids of their commands."""
        self._keys = keys
        self._parser = TolerantParser()

    @property
    def timeout(self) -> float | None:
        """Seconds until `late` may have something to tell."""
        return self._parser.timeout

    def feed(self, data: str) -> Iterator[DecodedInput]:
        return self._decode(self._parser.read(data))

    def read_expired(self) -> Iterator[DecodedInput]:
        """Input that could have been longer but ended, such as the Escape key."""
        return self._decode(self._parser.read_expired())

    def _decode(self, pieces: Iterable[tuple[InputToken, list[Message]]]) -> Iterator[DecodedInput]:
        for piece, messages in pieces:
            known = [each for each in messages if isinstance(each, events.Key | events.Paste)]
            if not known:
                yield DecodedInput(
                    caret_notation(piece.text), "", ("An answer, or nothing that is a key",)
                )
            # Several letters may come in one piece.
            texts = piece.text if len(known) == len(piece.text) else [piece.text] * len(known)
            for text, message in zip(texts, known, strict=True):
                yield self._arrival(text, message)

    def _arrival(self, text: str, message: events.Key | events.Paste) -> DecodedInput:
        if isinstance(message, events.Paste):
            meaning = f"A paste of {len(message.text)} characters"
            return DecodedInput(caret_notation(text), "paste", (meaning,))
        means = [
            f"{command.scope.value}: {command.help}"
            for command in commands_for_key(message.key, self._keys)
        ]
        if message.is_printable and message.character:
            means.insert(0, f"types {safe_line(message.character)}")
        return DecodedInput(
            caret_notation(text), message.key, tuple(means) or ("No command of this program",)
        )


def caret_notation(text: str) -> str:
    """`text` with control characters as `^` and a letter, and at most a line of it."""
    shown = "".join(_caret(character) for character in text[:_MAX_SHOWN])
    return safe_line(shown + ("…" if len(text) > _MAX_SHOWN else ""))


def _caret(character: str) -> str:
    if character < " " or character == "\x7f":
        return f"^{chr(ord(character) ^ 0x40)}"
    return "␠" if character == " " else character
