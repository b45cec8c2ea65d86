"""Content of a chat completion: text, reasoning, split surrogates, tool calls, overlap."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fakegpt_tui.text import replace_surrogates

_TAIL: Final = 1000
_MIN_OVERLAP: Final = 12
"""Characters; less than that is more often chance than repetition."""


class OverlapFilter:
    """Removes from a continuation what repeats `before`, all of it or its end.

    Models repeat text even when told not to. Text that may be a repetition is held back until that
    is decided.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._tail = before[-_TAIL:]
        self._held = ""
        self._is_decided = not before

    def add(self, text: str) -> str:
        """The new text in what was held and `text`, as far as is decided."""
        if self._is_decided:
            return text
        self._held += text
        if self._may_repeat_all() or self._may_repeat_end():
            return ""
        return self.flush()

    def flush(self) -> str:
        """The new text in what was held; no more text comes."""
        held, self._held = self._held, ""
        self._is_decided = True
        if held.startswith(self._before) and len(self._before) >= _MIN_OVERLAP:
            return held[len(self._before) :]
        longest = min(len(held), len(self._tail))
        for length in range(longest, _MIN_OVERLAP - 1, -1):
            if self._tail.endswith(held[:length]):
                return held[length:]
        return held

    def _may_repeat_all(self) -> bool:
        return len(self._held) <= len(self._before) and self._before.startswith(self._held)

    def _may_repeat_end(self) -> bool:
        return len(self._held) <= len(self._tail) and self._held in self._tail


_HIGH_SURROGATES: Final = range(0xD800, 0xDC00)
_MAX_CALLS: Final = 100
_MAX_ARGUMENTS: Final = 1_000_000
_FENCES: Final = re.compile(r"`{3,}")


def content_text(content: object) -> str:
    """The text of a `content`: a string, null, or a list of parts."""
    match content:
        case str():
            return content
        case list():
            return "".join(_texts(content, reasoning=False))
        case _:
            return ""


def reasoning_text(delta: dict[str, object]) -> str:
    """The reasoning in `delta`; if a service sends several fields, they hold the same."""
    for name in ("reasoning_content", "reasoning"):
        match delta.get(name):
            case str(text) if text:
                return text
            case {"content": str(text)} if text:
                return text
            case _:
                pass
    content = delta.get("content")
    return "".join(_texts(content, reasoning=True)) if isinstance(content, list) else ""


def _texts(parts: list[object], *, reasoning: bool) -> Iterator[str]:
    for part in parts:
        match part:
            case {"type": "thinking", "thinking": inner}:
                if reasoning:
                    yield content_text(inner)
            case {"text": str(text)} | str(text) if not reasoning:
                yield text
            case _:
                pass


class SurrogateJoiner:
    """Joins surrogate pairs that a service splits, and replaces lone surrogates."""

    def __init__(self) -> None:
        self._held = ""

    def add(self, text: str) -> str:
        """The complete characters of what was held and `text`."""
        if not text or (text.isascii() and not self._held):
            return text
        text = self._held + text
        self._held = text[-1] if ord(text[-1]) in _HIGH_SURROGATES else ""
        return _join_surrogates(text[: len(text) - len(self._held)])

    def flush(self) -> str:
        """What was held; no more text comes."""
        held, self._held = self._held, ""
        return replace_surrogates(held)


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(slots=True)
class _ToolCall:
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ToolCalls:
    """Collects tool calls, to show them: this program has no tools."""

    def __init__(self) -> None:
        self._calls: dict[int, _ToolCall] = {}
        self._size = 0

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
