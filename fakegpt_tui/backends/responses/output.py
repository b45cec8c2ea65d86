"""The output of a response: its items and their texts in order, citations, searches, counts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from fakegpt_tui.backends.api.completion_text import CompletionText
from fakegpt_tui.backends.api.json_values import count, read_usage, table_of
from fakegpt_tui.domain import StreamEvent, Usage

_TEXT_KEYS: Final = ("text", "refusal")


def message_texts(item: dict[str, object]) -> list[str]:
    """The text of each part of a message."""
    content = item.get("content")
    if isinstance(content, str):
        return [content]
    return [_text(part) for part in content] if isinstance(content, list) else []


def texts_of(item: dict[str, object]) -> Iterator[str]:
    """The thoughts of a reasoning item, or else their summary."""
    for name in ("content", "summary"):
        parts = item.get(name)
        texts = [_text(part) for part in parts] if isinstance(parts, list) else []
        if any(texts):
            yield from filter(None, texts)
            return


def find_citations(item: dict[str, object]) -> list[object]:
    """The annotations of all parts of a message."""
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    found: list[object] = []
    for part in parts:
        match part:
            case {"annotations": list(annotations)}:
                found += annotations
            case _:
                pass
    return found


def is_refusal(item: dict[str, object]) -> bool:
    """Does a message say that the model refuses?"""
    match item.get("content"):
        case [{"type": "refusal"}, *_]:
            return True
        case _:
            return False


def search_query(item: dict[str, object]) -> str:
    """What a search of the web looked for, or the page that it opened."""
    match item.get("action"):
        case {"query": str(query)} if query:
            return query
        case {"queries": [str(query), *_]}:
            return query
        case {"pattern": str(pattern), "url": str(url)}:
            return f"{pattern} in {url}"
        case {"url": str(url)}:
            return url
        case _:
            return ""


def read_response_usage(response: Mapping[str, object]) -> Usage | None:
    """The usage of a response, and how often it searched the web."""
    usage = read_usage(response, "input", "output")
    searches = count(table_of(table_of(response, "tool_usage"), "web_search"), "num_requests")
    return usage and replace(usage, searches=searches)


def _text(part: object) -> str:
    fields = part if isinstance(part, dict) else {}
    return next((text for key in _TEXT_KEYS if isinstance(text := fields.get(key), str)), "")


_MAX_PARTS: Final = 1_000


class PartIndex(NamedTuple):
    """Which part of which message of the output."""

    output: int = 0
    content: int = 0

    @classmethod
    def of(cls, value: dict[str, object]) -> "PartIndex":
        """The part that an event is about."""
        return cls(index_of(value), index_of(value, "content_index"))


def index_of(value: dict[str, object], name: str = "output_index") -> int:
    """An index in an event; 0 where there is none."""
    index = value.get(name)
    return index if isinstance(index, int) else 0


class OutputText:
    """Joins the parts of messages, which may arrive in turns.

    The first part that comes is shown as it grows. Others wait until it is closed. The closing
    text of a part is the truth: where it differs from what came, that is replaced.
    """

    def __init__(self, text: CompletionText) -> None:
        self._text = text
        self._came: dict[PartIndex, list[str]] = {}
        self._closed: set[PartIndex] = set()
        self._shown: list[PartIndex] = []
        self._current: PartIndex | None = None

    def add(self, part: PartIndex, delta: str) -> Iterator[StreamEvent]:
        """Add text to a part."""
        if part == self._current:
            self._came[part].append(delta)
            yield from self._text.add_delta(delta)
        elif delta and (part in self._came or len(self._came) < _MAX_PARTS):
            self._came.setdefault(part, []).append(delta)
            if self._current is None:
                yield from self._show(part)

    def close(self, part: PartIndex, whole: str) -> Iterator[StreamEvent]:
        """A part is over, and `whole` is its text; where that is empty, what came."""
        so_far = "".join(self._came.get(part, ()))
        if part in self._closed and whole in ("", so_far):
            return
        if whole.startswith(so_far):
            yield from self.add(part, whole[len(so_far) :])
        elif whole:
            self._came[part] = [whole]
            if part in self._shown:
                yield from self._text.replace_all(self._join())
        self._closed.add(part)
        if part == self._current:
            self._current = None
            yield from self.flush(only_closed=True)

    def flush(self, *, only_closed: bool = False) -> Iterator[StreamEvent]:
        """Show what waits, up to the part that still grows or, if no more comes, all."""
        waiting = sorted(self._came.keys() - set(self._shown))
        for part in waiting:
            yield from self._show(part)
            if only_closed and part not in self._closed:
                return
            self._current = None

    def _show(self, part: PartIndex) -> Iterator[StreamEvent]:
        self._current = part
        separator = self._separator(part)
        self._shown.append(part)
        yield from self._text.add_delta(separator)
        yield from self._text.add_delta("".join(self._came[part]))

    def _separator(self, part: PartIndex) -> str:
        """A blank line from one message to the next, none between the parts of one."""
        return "\n\n" if self._shown and self._shown[-1].output != part.output else ""

    def _join(self) -> str:
        joined, last = "", None
        for part in self._shown:
            text = "".join(self._came[part])
            gap = "\n\n" if last is not None and last != part.output else ""
            joined, last = f"{joined}{gap}{text}", part.output
        return joined
