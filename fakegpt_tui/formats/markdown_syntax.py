"""Markdown syntax of saved conversations: front matter, and sections that begin with a mark."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from textwrap import dedent

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import FormatError
from fakegpt_tui.text import replace_surrogates, safe_line

_SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SHORT_MEANINGS = {" ": " "} | {written[1]: meant for meant, written in _SHORT_ESCAPES.items()}
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|["\\nrt ])|([\\"])')
_NAMED_LINE = re.compile(r"(\w+):(.*)")
_BLOCK = re.compile(r"([>|])\d?([+-]?)\d?\s*")
_MARK_LINE = re.compile(r'^mark: "?(\w+)', re.MULTILINE)
_TEXTS = {"title", "system_prompt", "service", "model", "id", "server_id", "mark", "folder"}
"""What is a text also where it looks like a number or a word of YAML's."""
_LISTS = {"tags"}
"""What is a list of texts, in any of the ways in which editors of notes write one."""
_LAST_OF_FOUR_DIGITS = 0xFFFF
_WORDS = {"true": True, "false": False, "null": None}


def write_front_matter(values: Mapping[str, object]) -> str:
    """Values of JSON's kinds by name, each as YAML on one line in printable characters."""
    lines = (
        f"{name}: {quote(value) if isinstance(value, str) else json.dumps(value)}\n"
        for name, value in values.items()
    )
    return f"---\n{''.join(lines)}---\n"


def quote(text: str) -> str:
    """`text` as a YAML scalar in double quotes, on one line and in printable characters."""
    return '"' + "".join(map(_escaped, replace_surrogates(text))) + '"'


def with_line_feeds(text: str) -> str:
    """A file that ends its lines with line feeds again, as Git and editors may have changed that.

    An editor may also have changed only the front matter, or all but that. What ends a line within
    a message is left as it came where the lines around it are ours.
    """
    text = text.lstrip()
    mark = _MARK_LINE.search(text)
    own = re.compile(rf"^<!-- message {mark[1]} .*-->\r$", re.MULTILINE) if mark else None
    is_windows = text.startswith("---\r\n") or (own is not None and own.search(text) is not None)
    return text.replace("\r\n", "\n") if is_windows else text


def read_front_matter(text: str) -> dict[str, object]:
    """The values at the head of `text`, by name. Lines of other programs may name nothing.

    Raises:
        FormatError: A value is not YAML as this program writes it.
        LoadError: There is no front matter, or a name occurs twice.
    """
    if not text.startswith("---\n"):
        raise LoadError("Line 1 does not begin a front matter, so this is no saved conversation.")
    head, end, _ = text[4:].partition("\n---\n")
    if not end:
        raise LoadError("The front matter has no end, so this is no saved conversation.")
    found: dict[str, list[str]] = {}
    name = ""
    for line in head.split("\n"):
        match = _NAMED_LINE.fullmatch(line)
        if match is None and name and (not line.strip() or line[0] in " \t-"):
            found[name].append(line)
            continue
        name = match[1] if match else ""
        if name in found:
            raise LoadError(f"The front matter says {name!r} twice.")
        if match:
            found[name] = [match[2]]
    return {name: _value(name, *lines) for name, lines in found.items()}


def _value(name: str, first: str, *more: str) -> object:
    text = first.strip()
    if name in _LISTS:
        return _read_list(text, more)
    if block := _BLOCK.fullmatch(text):
        return _read_block(more, folds=block[1] == ">", chomping=block[2])
    if any(more):
        text = _unfold(text, more)
    if text.startswith('"'):
        return _unquote(name, text)
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return text if name in _TEXTS else _read_bare(name, text)


def _read_bare(name: str, text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("{") or text.isdecimal():
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable(name, text) from error
    # Other programs that edit front matter leave out quotes where YAML needs none.
    return text


def _read_list(text: str, more: Sequence[str]) -> list[str]:
    """Texts in brackets or between commas, or below the name, each behind a hyphen."""
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        return [str(each) for each in found] if isinstance(found, list) else []
    items = (line.strip().removeprefix("- ") for line in more)
    texts = items if any(more) else text.strip("[]").split(",")
    return [kept for each in texts if (kept := each.strip().strip("\"'"))]


def _read_block(lines: Sequence[str], *, folds: bool, chomping: str) -> str:
    """A text below a line `>` or `|`; https://yaml.org/spec/1.2.2/#81-block-scalar-styles."""
    text = dedent("\n".join(lines))
    if folds:
        text = _fold(text.split("\n"))
    if chomping == "+":
        return text + "\n"
    return text.rstrip("\n") + ("" if chomping else "\n")


def _fold(lines: Sequence[str]) -> str:
    """A line end is a blank, an empty line a line end; what is indented further stays."""
    text, before = lines[0] if lines else "", lines[0] if lines else ""
    for line in lines[1:]:
        if not line:
            text += "\n"
        elif before:
            text += ("\n" if " " in (before[0], line[0]) else " ") + line
        else:
            text += line
        before = line
    return text


def _unfold(text: str, lines: Iterable[str]) -> str:
    """A plain or quoted text that goes on over more lines."""
    for line in lines:
        if text.startswith('"') and text.endswith("\\") and not text.endswith("\\\\"):
            text = text[:-1] + line.lstrip()
        elif not line.strip():
            text = text.rstrip(" ") + "\n"
        else:
            text += ("" if text.endswith("\n") or not text else " ") + line.strip()
    return text.rstrip("\n")


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


@dataclass(frozen=True, slots=True)
class Section:
    """A message of a file: the line where it begins, its fields, and the text below them."""

    line: int
    fields: dict[str, object]
    body: str


def read_sections(text: str, mark: str) -> Iterator[Section]:
    """The messages, without the lines between them, which are for people."""
    begins = re.compile(rf"^<!-- (?:message {mark} (.*)|version {mark}) -->$", re.MULTILINE)
    found = list(begins.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)][: len(found)]
    line, counted = 1, 0
    for match, end in zip(found, ends, strict=True):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        if match[1] is not None:
            # Sections are joined by a line feed, so that the last one has one less.
            ending = "\n" if end == len(text) else "\n\n"
            body = text[match.end() + 1 : end].removesuffix(ending)
            yield Section(line, _read_fields(match[1], line), body)


def _read_fields(shown: str, line: int) -> dict[str, object]:
    try:
        found = json.loads(shown)
    except (ValueError, RecursionError) as error:
        raise LoadError(f"Line {line} begins a message, but its JSON is damaged.") from error
    if not isinstance(found, dict):
        raise LoadError(f"Line {line} begins a message, but has no JSON object.")
    return found
