"""Input parser: from what a terminal sends to Textual's events, whatever is sent.

Mends: Textual's parser raises, gets stuck, or types out character by character what some terminals
send. Here it is given one whole sequence at a time, in a form that it decodes.
Since: Textual 8.2.8, whose parser and tables are private. Can go: when Textual's parser passes
`tests/ui/terminal/test_driver.py`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from time import monotonic

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._parser import ParseError, Parser
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.terminal.input_scanner import (
    BACKGROUND_START,
    CLIPBOARD_START,
    NAME_START,
    InputScanner,
    InputToken,
    TokenKind,
)
from fakegpt_tui.ui.terminal.typed_keys import (
    as_typed,
    is_character,
    is_control,
    is_latin,
    key_name,
    with_latin,
)
from fakegpt_tui.ui.terminal.width_detection import parse_cell_report, parse_width_report

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, ParseError, TypeError, ValueError)
"""What Textual's parser may raise over a sequence that no terminal should send."""

_KITTY_KEY = lazy_pattern(
    r"\x1b\[(\d*+)(?::(\d*+)(?::(\d*+))?)?[\d:]*+"
    r"(?:;(\d*+)(?::(\d*+))?)?(?:;([\d:]*+))?([u~A-FHPQS])",
    re.ASCII,
)
_XTERM_KEY = lazy_pattern(r"\x1b\[27;(\d{1,3});(\d{1,7})~", re.ASCII)
_ALT_CHARACTER = lazy_pattern(r"\x1b([-=0-9§])")
_SHIFT, _ALT, _CTRL, _SUPER, _CAPS_LOCK, _NUM_LOCK = 1, 2, 4, 8, 64, 128
_COMMAND = _ALT | _CTRL | _SUPER
_ERASE_WORD = "\b"
"""What some terminals send for ctrl+backspace, where backspace is DEL."""
_RELEASED = "3"
_FIRST_FUNCTIONAL, _LAST_FUNCTIONAL = 57344, 63743
_KEYPAD = range(57399, 57417)
_ALT_AND_KEY = 2
"""The length of the longest sequence that Textual only knows when nothing follows it."""


_NAME = lazy_pattern(rf"\x1b{re.escape(NAME_START)}([ -~]{{0,200}})(?:\x07|\x1b\\)")
_CLIPBOARD = lazy_pattern(
    rf"\x1b{re.escape(CLIPBOARD_START)}([ -:<-~]{{0,400}})(?:;([ -~]*))?(?:\x07|\x1b\\)"
)
_ATTRIBUTES = lazy_pattern(r"\x1b\[\?([\d;]{1,200})c", re.ASCII)
_COLOUR_SCHEME = lazy_pattern(r"\x1b\[\?997;([12])n", re.ASCII)
_IS_LIGHT = "2"


class TerminalAnswered(Message):
    """The terminal has told its name or, where these are not `None`, its attributes (DA1)."""

    def __init__(self, name: str, attributes: frozenset[int] | None = None) -> None:
        super().__init__()
        self.name = name
        self.attributes = attributes


class ClipboardAnswered(Message):
    """The terminal hands over a piece of its clipboard (OSC 5522), or tells why it does not."""

    def __init__(self, about: str, payload: str) -> None:
        super().__init__()
        self.about = about
        self.payload = payload


class BackgroundReported(Message):
    """The terminal has told whether its background is light, now or since it was changed."""

    def __init__(self, *, is_light: bool) -> None:
        super().__init__()
        self.is_light = is_light


def parse_answer(sequence: str) -> TerminalAnswered | BackgroundReported | ClipboardAnswered | None:
    """What a sequence says about the terminal that sent it; `None` for other sequences.

    The colour scheme is reported as
    https://contour-terminal.org/vt-extensions/color-palette-update-notifications/ describes it.
    """
    if scheme := _COLOUR_SCHEME.fullmatch(sequence):
        return BackgroundReported(is_light=scheme[1] == _IS_LIGHT)
    if sequence.startswith(f"\x1b{BACKGROUND_START}"):
        from fakegpt_tui.terminal import is_background_light  # noqa: PLC0415 - with the answer

        is_light = is_background_light(sequence.encode(errors="replace"))
        return None if is_light is None else BackgroundReported(is_light=is_light)
    if piece := _CLIPBOARD.fullmatch(sequence):
        return ClipboardAnswered(piece[1], piece[2] or "")
    if name := _NAME.fullmatch(sequence):
        return TerminalAnswered(name[1])
    if attributes := _ATTRIBUTES.fullmatch(sequence):
        numbers = attributes[1].split(";")
        return TerminalAnswered("", frozenset(int(each) for each in numbers if each))
    return None


class TolerantParser(XTermParser):
    """Textual's parser, given only what it can read.

    With `erase` as DEL, which is what the terminal says of its backspace key, BS is another key.
    """

    def __init__(
        self, debug: bool = False, clock: Callable[[], float] = monotonic, erase: str = ""
    ) -> None:
        super().__init__(debug)
        self._clock = clock
        self._has_erase_word = erase == "\x7f"
        self._scanner = InputScanner(constants.ESCAPE_DELAY)

    @property
    def has_quick_escape(self) -> bool:
        """Is a letter a key of its own that comes soon after an ESC, but not with it?"""
        return self._scanner.has_quick_escape

    @has_quick_escape.setter
    def has_quick_escape(self, value: bool) -> None:
        self._scanner.has_quick_escape = value

    @property
    def timeout(self) -> float | None:
        """Seconds until `tick` has something to do, or `None` if only input can change that."""
        deadline = self._scanner.deadline
        return None if deadline is None else max(0.0, deadline - self._clock())

    def feed(self, data: str) -> Iterator[Message]:
        for _, messages in self.read(data):
            yield from messages

    def tick(self) -> Iterator[Message]:
        for _, messages in self.read_expired():
            yield from messages

    def read(self, data: str) -> Iterator[tuple[InputToken, list[Message]]]:
        """Each piece of `data`, and what it stands for; an unfinished piece comes later."""
        for piece in self._scanner.feed(data, self._clock()):
            yield piece, [as_typed(message) for message in self._events(piece)]

    def read_expired(self) -> Iterator[tuple[InputToken, list[Message]]]:
        """The same of what was waited for in vain."""
        for piece in self._scanner.expire(self._clock()):
            yield piece, [as_typed(message) for message in self._events(piece)]

    def _events(self, piece: InputToken) -> Iterable[Message]:
        match piece.kind:
            case TokenKind.PASTE:
                return [events.Paste(piece.text.replace("\0", ""))]
            case TokenKind.TEXT:
                return self._typed_events(piece.text)
            case TokenKind.SEQUENCE if piece.text == "\x1b\r":
                # Textual says "enter" here, which would send a prompt that should grow a line.
                return [events.Key("alt+enter", None)]
            case TokenKind.SEQUENCE if alt := _ALT_CHARACTER.fullmatch(piece.text):
                # Textual types the sign that a Mac's option key makes of a digit.
                return [events.Key(f"alt+{key_name(alt[1])}", None)]
            case TokenKind.SEQUENCE if (answers := _answers(piece.text)) is not None:
                return answers
            case TokenKind.SEQUENCE:
                return self._sequence_events(_xterm_as_kitty(piece.text))

    def _typed_events(self, text: str) -> Iterator[Message]:
        for part in re.split(f"({_ERASE_WORD})", text) if self._has_erase_word else (text,):
            if part == _ERASE_WORD and self._has_erase_word:
                yield events.Key("ctrl+backspace", None)
            elif part:
                yield from self._decoded(part)

    def _sequence_events(self, sequence: str) -> Iterable[Message]:
        if kitty := _KITTY_KEY.fullmatch(sequence):
            if not _is_key(kitty):
                # Textual would type the character of that number: "!" for F19, which is 33.
                return [events.Key(key.value, None) for key in _legacy_keys(sequence)]
            if (plain := _plain_kitty_key(kitty)) is None:
                return []
            # Asked directly, as it may come while TEXTUAL_DISABLE_KITTY_KEY is set: from xterm, or
            # from tmux.
            keys = [key.copy() for key in self._parse_extended_key(plain) or ()]
            return [with_latin(key, kitty[3]) for key in keys]
        return self._decoded(sequence)

    def _decoded(self, text: str) -> list[Message]:
        """What Textual's parser makes of `text`; nothing of it stays behind in the parser."""
        messages: list[Message] = []
        try:
            messages += super().feed(text)
            if self._timeout_time is not None:
                if len(text) > _ALT_AND_KEY:
                    self._reset()
                else:
                    self._timeout_time = 0.0
                    messages += super().tick()
        except _UNREADABLE:
            self._reset()
        return messages

    def _reset(self) -> None:
        """Begin afresh, but for what is known of the mouse and of the terminal's size."""
        Parser.__init__(self)


def _answers(sequence: str) -> list[Message] | None:
    """The answers of a sequence to our questions; `None` for other sequences."""
    report = parse_width_report(sequence) or parse_cell_report(sequence)
    if answer := report or parse_answer(sequence):
        return [answer]
    is_of_no_colour = sequence.startswith(f"\x1b{BACKGROUND_START}")
    return [] if is_of_no_colour else None


def _xterm_as_kitty(sequence: str) -> str:
    """xterm's `modifyOtherKeys` in kitty's form; other sequences as they are."""
    if (match := _XTERM_KEY.fullmatch(sequence)) is None:
        return sequence
    if not is_character(match[2]):
        return f"\x1b[{match[2]}u"  # which is no key
    # xterm names the letter that shift makes, kitty the key.
    key = chr(int(match[2]))
    code = ord(key.lower()) if key.isascii() else ord(key)
    return f"\x1b[{code};{match[1]}u"


def _is_key(key: re.Match[str]) -> bool:
    """Has `key` the number of a character, or a number and a letter that stand for a key?"""
    return key[7] == "u" or f"{key[1] or 1}{key[7]}" in FUNCTIONAL_KEYS


def _legacy_keys(sequence: str) -> tuple[Keys, ...]:
    keys = ANSI_SEQUENCES_KEYS.get(sequence, ())
    return keys if isinstance(keys, tuple) else ()


def _plain_kitty_key(key: re.Match[str]) -> str | None:
    """A kitty key without sub-fields and with the text that it types; `None` for no key.

    Reports of a key's release and codes that are no character are no keys.
    """
    code, shifted, base, modifiers, event, text, final = key.groups(default="")
    if event == _RELEASED or len(modifiers) > len("256"):
        return None
    if final != "u":
        return f"\x1b[{code}{f';{modifiers}' if modifiers else ''}{final}"
    if text and not code.strip("0"):
        return f"\x1b[0;;{_characters(text)}u"  # an input method's, of no key
    if not is_character(code):
        return None
    if _is_functional(int(code)) and f"{code}u" not in FUNCTIONAL_KEYS:
        return f"\x1b[0;;{code}u" if text == code else None  # a sign of a font, not a key
    bits = max(0, int(modifiers or 1) - 1)
    if bits & _COMMAND and not chr(int(code)).isascii() and not text and is_latin(base):
        code = base  # the command of the same key in the Latin layout
    text = _typed_text(int(code), shifted, bits, text)
    return f"\x1b[{code};{modifiers};{text}u" if modifiers or text else f"\x1b[{code}u"


def _typed_text(code: int, shifted: str, bits: int, text: str) -> str:
    """Code points that a key types, for terminals that leave them out or add them wrongly."""
    if _is_functional(code) and code not in _KEYPAD:
        return ""  # iTerm2 says that Caps Lock types the letter to come
    if text:
        return _characters(text)
    character = chr(code)
    if bits & ~(_SHIFT | _CAPS_LOCK | _NUM_LOCK) or is_control(character):
        return ""
    if bits & _SHIFT and is_character(shifted):
        return shifted
    if bool(bits & _SHIFT) != bool(bits & _CAPS_LOCK) and len(character.upper()) == 1:
        character = character.upper()
    return str(ord(character))


def _is_functional(code: int) -> bool:
    return _FIRST_FUNCTIONAL <= code <= _LAST_FUNCTIONAL


def _characters(codes: str) -> str:
    return ":".join(code for code in codes.split(":") if is_character(code))
