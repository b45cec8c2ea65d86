"""The exact request: what is sent to a service, shown before it is sent, and its last answer."""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.domain.masks import MASK, mask_shapes

_LONGEST: Final = 2_000
"""Characters of one text of a body that a page shows; bytes of pictures are no reading."""

_BASE64: Final = re.compile(r"(?:data:[\w/+.-]+;base64,)?[A-Za-z0-9+/_=-]{200,}")
_OWN_HEADERS: Final = ("host", "connection", "content-length", "accept-encoding")
"""Headers that curl writes itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactRequest:
    """A request as it would be sent; in `headers` a secret is masked.

    `body` are the very bytes. `tokens` is an estimate; `notes` say what is left out, and why.
    `variables` names an environment variable for the value of each masked header.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    tokens: int = 0
    notes: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    curl_options: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"null")

    def to_document(self) -> dict[str, object]:
        """All of it as JSON."""
        return {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "body": self.json,
            "estimated_tokens": self.tokens,
            "notes": list(self.notes),
        }

    def to_text(self) -> str:
        """All of it for a person; what is long and unreadable is named by its length."""
        lines = [f"{self.method} {self.url}", *(f"{name}: {each}" for name, each in self.headers)]
        body = json.dumps(_shortened(self.json), indent=2, ensure_ascii=False)
        size = f"{len(self.body):,} bytes, about {self.tokens:,} tokens (an estimate)"
        notes = "\n".join(f"· {each}" for each in self.notes)
        return "\n".join([*lines, "", body, "", size, *([notes] if notes else [])])

    def to_curl(self) -> str:
        """A command that sends the same, with environment variables in place of secrets."""
        lines = ["curl --no-buffer -X " + self.method + " " + _curl_url(self.url)]
        lines += [f"  {option}" for option in self.curl_options]
        for name, value in self.headers:
            if name.lower() not in _OWN_HEADERS:
                lines.append(f"  -H {self._curl_header(name, value)}")
        body = self.body.decode("ascii", "replace")
        mark = next(each for each in _delimiters() if each not in body.splitlines())
        return " \\\n".join([*lines, f"  --data-binary @- <<'{mark}'"]) + f"\n{body}\n{mark}\n"

    def _curl_header(self, name: str, value: str) -> str:
        if MASK not in value:
            return _quoted(f"{name}: {value}")
        lead, _, tail = f"{name}: {value}".partition(MASK)
        variable = dict(self.variables).get(name.lower()) or re.sub(r"\W", "_", name).upper()
        return f'"{lead}${variable}{tail}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAnswer:
    """The beginning of the last answer of a service, kept in memory alone.

    `pieces` are what came, each with the seconds after the request.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: tuple[tuple[float, str], ...]

    def to_text(self) -> str:
        """All of it for a person; what looks like a secret is masked."""
        head = [f"HTTP {self.status}", *(f"{name}: {value}" for name, value in self.headers)]
        came = [f"+{seconds:.3f} s\n{text.rstrip()}" for seconds, text in self.pieces]
        return mask_shapes("\n".join([*head, "", *came]))


def _shortened(value: object) -> object:
    match value:
        case str() if _BASE64.fullmatch(value) or len(value) > _LONGEST * 10:
            print_ = hashlib.sha256(value.encode(errors="replace")).hexdigest()[:12]
            return f"{value[:40]}… ({len(value):,} characters, SHA-256 {print_}…)"
        case dict():
            return {name: _shortened(each) for name, each in value.items()}
        case list():
            return [_shortened(each) for each in value]
        case _:
            return value


def _quoted(text: str) -> str:
    """A word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _curl_url(url: str) -> str:
    """An address as a word of a shell, with variables in place of what is masked."""
    pieces = url.split(MASK)
    word = _quoted(pieces[0])
    for before, after in pairwise(pieces):
        name = re.search(r"([\w-]+)=\Z", before)
        variable = re.sub(r"\W|^\d", "_", name[1]).upper() if name else "PASSWORD"
        word += f'"${{{variable}}}"' + (_quoted(after) if after else "")
    return word


def _delimiters() -> Iterator[str]:
    number = 0
    while True:
        yield f"JSON{number or ''}"
        number += 1
