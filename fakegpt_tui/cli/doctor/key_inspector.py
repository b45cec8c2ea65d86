"""Key inspector, `doctor --keys`: the bytes of each key, its name, and the commands it runs."""

from __future__ import annotations

import os
import select
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import click
from textual import events
from textual.message import Message

from fakegpt_tui.config.spec import Settings
from fakegpt_tui.terminal import TerminalQuery, owns_terminal, raw_mode
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import commands_for_key
from fakegpt_tui.ui.terminal.input_parser import TolerantParser
from fakegpt_tui.ui.terminal.input_scanner import InputToken

_SOURCE, _TARGET = 0, 1
_KITTY_ON, _KITTY_OFF = "\x1b[>25u", "\x1b[<u"  # as the user interface asks for it
_PASTE_ON, _PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
_EXIT_KEYS: Final = {"ctrl+c", "q"}
_SETTLE_SECONDS: Final = 0.3
_MAX_SHOWN: Final = 60


def inspect_keys(settings: Settings) -> None:
    """Show each key until ctrl+c or q.

    Raises:
        click.UsageError: There is no terminal.
    """
    if not owns_terminal(_SOURCE, _TARGET):
        raise click.UsageError("Keys can only be shown in a terminal.")
    click.echo("Press keys to see what arrives; ctrl+c or q ends this.\n")
    reader = KeyDecoder(settings.keys)
    with raw_mode(_SOURCE, every_key=True), _program_key_modes():
        for arrival in _read_arrivals(reader):
            _print_arrival(arrival)
            if arrival.name in _EXIT_KEYS:
                return


@contextmanager
def _program_key_modes() -> Iterator[None]:
    """Have the terminal send what it sends to the user interface."""
    kitty = not os.environ.get("TEXTUAL_DISABLE_KITTY_KEY")
    _write(_PASTE_ON + (_KITTY_ON if kitty else ""))
    try:
        yield
    finally:
        _write((_KITTY_OFF if kitty else "") + _PASTE_OFF)
        # Once this is answered, no key is on its way in a form that no shell knows.
        TerminalQuery(_SOURCE, _TARGET, os.environ).ask(_SETTLE_SECONDS)


def _read_arrivals(reader: KeyDecoder) -> Iterator[DecodedInput]:
    decode = getincrementaldecoder("utf-8")(errors="replace").decode
    while True:
        if select.select([_SOURCE], [], [], reader.timeout)[0]:
            data = os.read(_SOURCE, 4096)
            if not data:
                return
            yield from reader.feed(decode(data))
        yield from reader.read_expired()


def _print_arrival(arrival: DecodedInput) -> None:
    first, *others = _lines(arrival.meanings)
    _write(f"{arrival.raw:<16}  {arrival.name or '—':<16}  {first}\n")
    for line in others:
        _write(f"{'':<36}{line}\n")


def _lines(means: Iterable[str]) -> list[str]:
    return [f"{words[:1].upper()}{words[1:]}" if i else words for i, words in enumerate(means)]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


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
                    _caret_notation(piece.text), "", ("An answer, or nothing that is a key",)
                )
            # Several letters may come in one piece.
            texts = piece.text if len(known) == len(piece.text) else [piece.text] * len(known)
            for text, message in zip(texts, known, strict=True):
                yield self._arrival(text, message)

    def _arrival(self, text: str, message: events.Key | events.Paste) -> DecodedInput:
        if isinstance(message, events.Paste):
            meaning = f"A paste of {len(message.text)} characters"
            return DecodedInput(_caret_notation(text), "paste", (meaning,))
        means = [
            f"{command.scope.value}: {command.help}"
            for command in commands_for_key(message.key, self._keys)
        ]
        if message.is_printable and message.character:
            means.insert(0, f"types {safe_line(message.character)}")
        return DecodedInput(
            _caret_notation(text), message.key, tuple(means) or ("No command of this program",)
        )


def _caret_notation(text: str) -> str:
    """`text` with control characters as `^` and a letter, and at most a line of it."""
    shown = "".join(_caret(character) for character in text[:_MAX_SHOWN])
    return safe_line(shown + ("…" if len(text) > _MAX_SHOWN else ""))


def _caret(character: str) -> str:
    if character < " " or character == "\x7f":
        return f"^{chr(ord(character) ^ 0x40)}"
    return "␠" if character == " " else character
