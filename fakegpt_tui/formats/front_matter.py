"""Front matter: named values at the head of a Markdown file, as YAML on one line each."""

import json
import re
from collections.abc import Mapping

from fakegpt_tui.formats.fields import FormatError
from fakegpt_tui.text import replace_surrogates, safe_line

_SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SHORT_MEANINGS = {written[1]: meant for meant, written in _SHORT_ESCAPES.items()}
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|["\\nrt])|([\\"])')
_LAST_OF_FOUR_DIGITS = 0xFFFF
_WORDS = {"true": True, "false": False, "null": None}


def format_value(value: object) -> str:
    """A value of JSON's kinds as YAML on one line, in printable characters."""
    return quote(value) if isinstance(value, str) else json.dumps(value)


def quote(text: str) -> str:
    """`text` as a YAML scalar in double quotes, on one line and in printable characters."""
    return '"' + "".join(map(_escaped, replace_surrogates(text))) + '"'


def parse_values(lines: Mapping[str, str]) -> dict[str, object]:
    """What the lines of a front matter say, by name.

    Raises:
        Misfit: One of them is not YAML as this program writes it.
    """
    return {name: _value(name, text) for name, text in lines.items()}


def _value(name: str, text: str) -> object:
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith('"'):
        return _unquote(name, text)
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text.startswith("{") or text.isdecimal():
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable(name, text) from error
    # Other programs that edit front matter leave out quotes where YAML needs none.
    return text


def _unquote(name: str, text: str) -> str:
    if len(text) == 1 or not text.endswith('"'):
        raise _unreadable(name, text)

    def meant(match: re.Match[str]) -> str:
        if match[1] is None:
            raise _unreadable(name, text)
        if match[1] in _SHORT_MEANINGS:
            return _SHORT_MEANINGS[match[1]]
        try:
            return chr(int(match[1][1:], 16))
        except (ValueError, OverflowError) as error:
            raise _unreadable(name, text) from error

    return _ESCAPE.sub(meant, text[1:-1])


def _unreadable(name: str, text: str) -> FormatError:
    return FormatError(f"has a {name!r} that cannot be read: {safe_line(text, 60)}")


def _escaped(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= _LAST_OF_FOUR_DIGITS else f"\\U{code:08X}"
