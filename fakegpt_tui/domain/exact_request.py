"""The exact request: what is sent to a service and its last answer, with every secret masked."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

from fakegpt_tui.fast_import import dataclass, lazy_pattern

_LONGEST: Final = 2_000
"""Characters of one text of a body that a page shows; bytes of pictures are no reading."""

_BASE64: Final = lazy_pattern(r"(?:data:[\w/+.-]+;base64,)?[A-Za-z0-9+/_=-]{200,}")
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


MASK: Final = "••••"

_KEY_HEADERS: Final = frozenset({
    *("authorization", "proxy-authorization", "x-authorization", "www-authenticate"),
    *("x-api-key", "api-key", "apikey", "x-goog-api-key", "x-auth-token", "x-access-token"),
    *("cookie", "set-cookie", "ocp-apim-subscription-key", "x-amz-security-token"),
})  # fmt: skip
_KEY_FIELDS: Final = lazy_pattern(
    r"([?&](?:[\w-]*key|[\w-]*token|[\w-]*secret|password|passwd|pwd|sig|signature|code|auth)=)"
    r"[^&#]*",
    re.IGNORECASE,
)
_USER_INFO: Final = lazy_pattern(r"(?<=://)[^/?#@\s]*(?=@)")

SECRET_SHAPES: Final = (
    ("JSON web tokens", r"eyJ[\w-]{6,}(?:\.[\w-]*){1,2}"),
    ("OpenAI, Anthropic, DeepSeek, OpenRouter, Moonshot, LiteLLM", r"\b[fps]k-[\w-]{16,}"),
    ("Groq", r"\bgsk_\w{16,}"),
    ("xAI", r"\bxai-[\w-]{16,}"),
    ("Hugging Face", r"\b(?:hf|api)_[a-z0-9]{20,}"),
    ("Google", r"\bAIza[\w-]{20,}"),
    ("Google's tokens", r"\bya29\.[\w-]{16,}"),
    ("Zhipu: a name, a dot and a secret", r"\b[0-9a-f]{32}\.\w{16}\b"),
    ("Azure: 32 hexadecimal digits, and its newer keys", r"\b[0-9a-f]{32}\b|\b[a-z0-9]{76}AZOG\w+"),
    ("AWS", r"\b(?:AKIA|ASIA|ABSK)[a-z0-9+/=]{12,}"),
    ("Perplexity", r"\bpplx-\w{16,}"),
    ("Replicate", r"\br8_\w{16,}"),
    ("Fireworks", r"\bfw_\w{16,}"),
    ("Together", r"\btgp_v1_[\w-]{16,}"),
    ("NVIDIA", r"\bnvapi-[\w-]{16,}"),
    ("Cerebras", r"\bcsk-\w{16,}"),
    ("GitHub", r"\bgh[opsru]_\w{16,}|\bgithub_pat_\w{16,}"),
    ("the host of this program", r"\bfkg_\w{8,}"),
    ("what follows its name", r"(?<=bearer )\S{16,}|(?<=credential=)[^\s;&\"']+"),
    ("what follows its name", r"(?<=password=)[^\s;&\"']+|(?<=token=)[^\s;&\"']+"),
    ("what follows its name", r"(?<=token_key=)[^\s;&\"']+|(?<=key=)[^\s;&\"']{8,}"),
    ("the same in JSON", r"(?<=password[\"']: [\"'])[^\"']+|(?<=token[\"']: [\"'])[^\"']+"),
    ("a user in an address", r"(?<=://)[^\s/@]+(?=@)"),
    ("anything long without a gap", r"[a-z0-9_+/=-]{40,}"),
)
"""Whose keys look how; the second wall, for texts that services send."""


@cache
def _secret_shapes() -> re.Pattern[str]:
    """All of them; compiling takes longer than the rest of this module, and few replies need it."""
    return re.compile("|".join(shape for _, shape in SECRET_SHAPES), re.IGNORECASE | re.ASCII)


def mask_shapes(text: str) -> str:
    """`text` with what looks like a secret masked."""
    return _secret_shapes().sub(MASK, text)


def mask_url(url: str) -> str:
    """An address without the user in it, and without the keys in its query."""
    return _KEY_FIELDS.sub(rf"\1{MASK}", _USER_INFO.sub(MASK, url))


def is_key_header(name: str, others: Iterable[str] = ()) -> bool:
    """Does a header hold a secret? `others` are headers of the settings: whatever they hold."""
    name = name.lower()
    return name in _KEY_HEADERS or any(name == each.lower() for each in others)
