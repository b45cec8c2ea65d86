"""A part of YAML, as programs write their data: maps, lists, and plain, quoted and block texts.

https://yaml.org/spec/1.2.2/. What this does not know is refused, never guessed.
"""

import json
import re

from fakegpt_tui.formats.base import FormatError

_KEY = re.compile(r"""(?P<key>[\w.$-]+|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'):(?: +(?P<rest>.*))?$""")
_BLOCK = re.compile(r"([|>])([+-]?)(\d?)([+-]?)\s*$")
_REFUSED = ("&", "*", "!", "%", "@", "`")
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_DEEPEST = 50


def read_yaml(text: str) -> object:
    """The value of a document.

    Raises:
        FormatError: It is something that is not known here, and in which line.
    """
    return _Lines(text).value(0, 0)


class _Lines:
    """Where in a document the reading has come to."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at = 1 if self._lines[0].strip() == "---" else 0

    def value(self, indent: int, depth: int) -> object:
        """The map or list whose lines begin at `indent`."""
        line = self._peek()
        if line is None or _indent(line) < indent:
            return None
        if depth > _DEEPEST:
            raise self._error("is nested too deep")
        indent = _indent(line)
        if line.lstrip().startswith(("- ", "-\n")) or line.strip() == "-":
            return self._list(indent, depth)
        return self._map(indent, depth)

    def _peek(self) -> str | None:
        """The next line that says something."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and not line.lstrip().startswith("#"):
                return line
            self._at += 1
        return None

    def _list(self, indent: int, depth: int) -> list[object]:
        found: list[object] = []
        while (line := self._peek()) is not None and _indent(line) == indent:
            body = line.lstrip()
            if not (body.startswith("- ") or body == "-"):
                break
            rest = body[1:].lstrip()
            if not rest:
                self._at += 1
                found.append(self.value(indent + 1, depth + 1))
            elif rest.startswith("- ") or _KEY.fullmatch(rest):
                # What stands behind the sign is a map or a list that goes on below it.
                self._lines[self._at] = " " * (len(line) - len(rest)) + rest
                found.append(self.value(len(line) - len(rest), depth + 1))
            else:
                self._at += 1
                found.append(self._scalar(rest, indent))
        return found

    def _map(self, indent: int, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        while (line := self._peek()) is not None and _indent(line) == indent:
            match = _KEY.fullmatch(line.strip())
            if match is None:
                raise self._error("is not known here")
            self._at += 1
            key = str(self._quoted(match["key"]))
            rest = (match["rest"] or "").strip()
            found[key] = self._below(indent, depth) if not rest else self._scalar(rest, indent)
        return found

    def _below(self, indent: int, depth: int) -> object:
        """The value of a key with nothing behind it; a list may begin as far left as the key."""
        line = self._peek()
        if line is None:
            return None
        is_list = line.lstrip().startswith("-")
        if _indent(line) > indent or (is_list and _indent(line) == indent):
            return self.value(_indent(line), depth + 1)
        return None

    def _scalar(self, text: str, indent: int) -> object:
        if block := _BLOCK.fullmatch(text):
            return self._block(block[1], block[2] or block[4], block[3], indent)
        if text.startswith(_REFUSED):
            raise self._error("has a tag or an alias, which are not read")
        if text[0] in "\"'":
            while not _is_closed(text):
                text += self._continued(text)
            return self._quoted(text)
        while (line := self._more(indent)) is not None:
            text += line
        if text in ("[]", "{}"):
            return json.loads(text)
        if text in _WORDS:
            return _WORDS[text]
        return float(text) if _NUMBER.fullmatch(text) else text

    def _more(self, indent: int) -> str | None:
        """The next line of a plain text."""
        if self._at >= len(self._lines):
            return None
        line = self._lines[self._at]
        if not line.strip() or _indent(line) <= indent:
            return None
        self._at += 1
        return f" {line.strip()}"

    def _continued(self, text: str) -> str:
        """The next line of a quoted text."""
        if self._at >= len(self._lines):
            raise self._error("ends inside of a quoted text")
        line = self._lines[self._at]
        self._at += 1
        if not line.strip():
            return "\n"
        return line.strip() if text.endswith("\n") else f" {line.strip()}"

    def _quoted(self, text: str) -> str:
        if text.startswith("'"):
            return text[1:-1].replace("''", "'")
        if not text.startswith('"'):
            return text
        try:
            # JSON's escapes are YAML's, but for a few that nothing needs.
            return str(json.loads(text.replace("\n", "\\n"), strict=False))
        except ValueError as error:
            raise self._error("has an escape that is not known") from error

    def _block(self, style: str, chomping: str, stated: str, indent: int) -> str:
        lines: list[str] = []
        depth = indent + int(stated) if stated else None
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip():
                depth = _indent(line) if depth is None else depth
                if _indent(line) < depth or _indent(line) <= indent:
                    break
            lines.append(line[depth or 0 :])
            self._at += 1
        text = "\n".join(lines)
        ending = text[len(text.rstrip("\n")) :] + "\n"
        body = text.rstrip("\n")
        if style == ">":
            body = re.sub(r"(?<=[^\n\s])\n(?=[^\n\s])", " ", body)
        return body + {"-": "", "": "\n" if body else "", "+": ending}[chomping]

    def _error(self, what: str) -> FormatError:
        return FormatError(f"{what}, in line {self._at + 1}")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_closed(text: str) -> bool:
    pattern = r'"(?:[^"\\]|\\.)*"' if text[0] == '"' else r"'(?:[^']|'')*'"
    return re.fullmatch(pattern, text, re.DOTALL) is not None
