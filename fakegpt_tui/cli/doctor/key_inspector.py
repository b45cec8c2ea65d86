"""`doctor --keys`: the bytes of each key, its name, and its action."""

import os
import select
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from fakegpt_tui.config.spec import Settings
from fakegpt_tui.terminal import TerminalQuery, owns_terminal, raw_mode
from fakegpt_tui.ui.key_decoder import DecodedInput, KeyDecoder

_SOURCE, _TARGET = 0, 1
_KITTY_ON, _KITTY_OFF = "\x1b[>25u", "\x1b[<u"  # as the user interface asks for it
_PASTE_ON, _PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
_EXIT_KEYS: Final = {"ctrl+c", "q"}
_SETTLE_SECONDS: Final = 0.3


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
