"""Tool calls and pictures in a completion, shown as what they are: this program makes neither."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import field
from hashlib import sha256
from typing import Final

from fakegpt_tui.backends.api.completion_text import CompletionText
from fakegpt_tui.domain import MediaReceived, StreamEvent, TextReplaced
from fakegpt_tui.domain.media_types import media_type, suffix_of
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.text import replace_surrogates, safe_line

_MAX_CALLS: Final = 100
_MAX_ARGUMENTS: Final = 1_000_000
_FENCES: Final = lazy_pattern(r"`{3,}")
_MAX_PICTURES: Final = 100
_DATA_URL: Final = lazy_pattern(r"data:([\w.+/-]{1,100})(?:;[\w=-]{1,50})*,", re.ASCII)
_PICTURE_PARTS: Final = ("image", "image_url", "output_image")


@dataclass(slots=True)
class _ToolCall:
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ToolCalls:
    """Collects tool calls, to show them: this program has no tools."""

    def __init__(self) -> None:
        self._calls: dict[int, _ToolCall] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, delta: dict[str, object]) -> None:
        """Add the calls of `delta`, in the newer form or the older."""
        match delta:
            case {"tool_calls": list(calls)}:
                for position, call in enumerate(calls):
                    self._add_call(call, position)
            case {"function_call": dict(function)}:
                self._add_function(0, function)
            case _:
                pass

    def to_markdown(self) -> str:
        """All calls as Markdown; empty if there were none."""
        return "".join(_placeholder(call) for call in self._calls.values())

    def _add_call(self, call: object, position: int) -> None:
        match call:
            case {"index": int(index), "function": dict(function)}:
                self._add_function(index, function)
            case {"function": dict(function)}:
                self._add_function(position, function)
            case _:
                pass

    def _add_function(self, index: int, function: dict[str, object]) -> None:
        if index not in self._calls and len(self._calls) >= _MAX_CALLS:
            return
        call = self._calls.setdefault(index, _ToolCall())
        match function.get("name"):
            case str(name) if name and not call.name:
                call.name = name
            case _:
                pass
        match function.get("arguments"):
            case str(text) if self._size < _MAX_ARGUMENTS:
                self._size += len(text)
                call.arguments.append(text)
            case _:
                pass


def _placeholder(call: _ToolCall) -> str:
    arguments = replace_surrogates("".join(call.arguments))
    longest = max((len(run) for run in _FENCES.findall(arguments)), default=2)
    fence = "`" * (longest + 1)
    name = replace_surrogates(call.name).replace("`", "") or "?"
    lead = f"\n\n**Tool call** `{name}`, which this program does not make."
    return f"{lead}\n\n{fence}json\n{arguments}\n{fence}\n" if arguments else f"{lead}\n"


class Pictures:
    """Collects pictures: those that came with their bytes, and the addresses of others."""

    def __init__(self, text: CompletionText) -> None:
        """They stand in a `text`."""
        self._text = text
        self._received: dict[str, MediaReceived] = {}
        self._first: set[str] = set()
        self._described: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._received)

    def add(self, found: object) -> Iterator[StreamEvent]:
        """Tell the pictures among the parts `found` that are new, behind all text so far."""
        for url in _picture_urls(found):
            # A whole message at the end repeats what came before it.
            digest = _digest(url)
            known = self._received.keys() | self._described.keys()
            if digest in known or len(known) >= _MAX_PICTURES:
                continue
            if data := _picture_bytes(url):
                yield from self._text.end_paragraph()
                if not self._text.has_text:
                    self._first.add(digest)
                name = f"picture-{len(self._received) + 1}{suffix_of(media_type(data))}"
                yield self._received.setdefault(digest, MediaReceived(data, name))
            else:
                self._described[digest] = _describe(url)

    def has_all(self, part: object) -> bool:
        """Was every picture of a part told?"""
        known = self._received.keys() | self._described.keys()
        return all(_digest(url) in known for url in _picture_urls([part]))

    def forget_replaced(self) -> None:
        """Forget those behind the beginning of a text that was replaced: they were dropped."""
        self._received = {each: self._received[each] for each in self._first}

    def follow(self, events: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
        """Tell events of the text, and what was dropped with a text that they replaced."""
        is_replaced = False
        for event in events:
            is_replaced = is_replaced or isinstance(event, TextReplaced)
            yield event
        if is_replaced:
            yield from (each for key, each in self._received.items() if key not in self._first)

    def to_markdown(self) -> str:
        """A line for each picture whose bytes did not come; empty if there were none."""
        return "".join(
            f"\n\n**Picture** {each}, which this program does not show.\n"
            for each in self._described.values()
        )


def has_picture(part: object) -> bool:
    """Is there a picture in a part of a content?"""
    return any(True for _ in _picture_urls([part]))


def _digest(url: str) -> str:
    return sha256(url.encode(errors="replace")).hexdigest()


def _picture_urls(parts: object) -> Iterator[str]:
    for part in parts if isinstance(parts, list) else ():
        match part:
            case {"type": str(kind)} if kind not in _PICTURE_PARTS:
                pass
            case {"image_url": {"url": str(url)}} | {"image_url": str(url)} | {"url": str(url)}:
                yield url
            case {"source": {"type": "url", "url": str(url)}}:
                yield url
            case {"b64_json": str(data)} | {"source": {"type": "base64", "data": str(data)}}:
                yield f"data:image/png;base64,{data}"
            case _:
                pass


def _picture_bytes(url: str) -> bytes:
    """The bytes in a `data:` address; empty where it is another address, or damaged."""
    named = _DATA_URL.match(url)
    if named is None or ";base64" not in named[0]:
        return b""
    try:
        data = b64decode(url[named.end() :])
    except (Base64Error, ValueError):
        return b""
    return data if media_type(data).startswith("image/") else b""


def _describe(url: str) -> str:
    named = _DATA_URL.match(url)
    if named is None:
        return f"<{safe_line(replace_surrogates(url), 300).replace(' ', '%20')}>"
    try:
        size = len(b64decode(url[named.end() :]))
    except (Base64Error, ValueError):
        size = (len(url) - named.end()) * 3 // 4
    return f"{named[1]}, {size:,} bytes"
