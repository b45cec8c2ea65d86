"""Reasoning that a model writes into its text, such as `<think>…</think>`: split off, or removed.

Models do so where the server does not read their chat template. Reasoning is shown apart from the
reply, and is never sent back: the makers of these models ask for that, and it fills the window.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from fakegpt_tui.domain import (
    ContextMessage,
    ReasoningDelta,
    Role,
    StreamEvent,
    TextDelta,
    TextReplaced,
)
from fakegpt_tui.fast_import import dataclass, lazy_pattern


@dataclass(frozen=True, slots=True)
class _Marks:
    """What reasoning begins with, in small letters, and what may end it; no end: it is text."""

    opener: str
    closers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """Marks in the text that follows, which are removed."""


_TAGS: Final = (
    *("think", "thinking", "thought", "thoughts", "reasoning"),
    *("seed:think", "longcat_think"),
)
_ENDS: Final = ("<|return|>", "<|end|>")
_START: Final = "<|start|>assistant"
_FINAL: Final = "<|channel|>final<|message|>"
_COMMENTARY: Final = "<|channel|>commentary<|message|>"
_TO_FINAL: Final = ("<|end|>", _FINAL)
_SOLUTION: Final = ("<|begin_of_solution|>", "<|end_of_solution|>")
_RESPONSE: Final = ("<|start_response|>", "<|end_response|>", "<|start_text|>", "<|end_text|>")
_MARKS: Final = (
    *(_Marks(f"<{tag}>", (f"</{tag}>",)) for tag in _TAGS),
    _Marks("[think]", ("[/think]",)),  # Mistral
    _Marks("◁think▷", ("◁/think▷",)),  # Kimi
    _Marks("<|channel|>analysis<|message|>", _TO_FINAL, _ENDS),  # gpt-oss
    _Marks(f"{_START}<|channel|>analysis<|message|>", _TO_FINAL, _ENDS),
    *(_Marks(start + it, (), _ENDS) for start in ("", _START) for it in (_FINAL, _COMMENTARY)),
    _Marks("<|begin_of_thought|>", ("<|end_of_thought|>",), _SOLUTION),  # OpenThinker
    _Marks("<|start_thinking|>", ("<|end_thinking|>",), _RESPONSE),  # Cohere
    _Marks("<unused94>thought", ("<unused95>",)),  # MedGemma
    _Marks("<|channel>thought", ("<channel|>",)),  # Gemma
)
_FIRST_OF_MARKS: Final = frozenset(marks.opener[0] for marks in _MARKS)
_LONGEST_OPENER: Final = max(len(marks.opener) for marks in _MARKS)
_CLOSERS: Final = (*(f"</{tag}>" for tag in _TAGS), "[/think]", "◁/think▷")
_LONE_CLOSER: Final = lazy_pattern(
    rf"(?:{'|'.join(map(re.escape, _CLOSERS))})(?:(?P<ended>[ \t]*\r?\n)|[ \t]*\r?\Z)",
    re.IGNORECASE,
)
_MAY_BE_MARK: Final = lazy_pattern(r"[<\[◁]")
_WATCHED: Final = 100_000
"""Characters of text after which a closer without an opener is not looked for any more."""

_MOST_BLOCKS: Final = 100
"""Of reasoning in one reply; each costs as much time as what is held is long."""

_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_BLANK_LINES: Final = lazy_pattern(r"\s*\n")


class _Stage(Enum):
    START = auto()
    THOUGHTS = auto()
    TEXT = auto()


class ThoughtSplitter:
    """Splits the text of a reply, however it is cut, into reasoning and the text itself.

    Only a reply that begins with an opening mark has reasoning, or one with a closing mark at the
    end of a line, outside of code, that nothing opened: chat templates may hold the opening one.
    """

    def __init__(self) -> None:
        self._stage = _Stage.START
        self._left = _MOST_BLOCKS
        self._marks = _MARKS[0]
        self._held = ""
        self._has_thoughts = False
        self._has_thought_text = False
        self._is_watching = True
        self._said: list[str] = []
        self._size = 0

    def add(self, text: str) -> Iterator[StreamEvent]:
        """What is decided of what was held and `text`; `TextReplaced` takes all text back."""
        self._held += text
        while True:
            before = self._stage, len(self._held)
            match self._stage:
                case _Stage.START:
                    self._read_start()
                case _Stage.THOUGHTS:
                    yield from self._read_thoughts()
                case _Stage.TEXT:
                    yield from self._read_text()
            if before == (self._stage, len(self._held)):
                return

    def passes(self, text: str) -> bool:
        """Take `text` at once if nothing in it can be a mark, as in most pieces; was it taken?"""
        if self._stage is not _Stage.TEXT or self._held or _MAY_BE_MARK.search(text):
            return False
        if self._is_watching:
            self._watch(text)
        return True

    def flush(self) -> Iterator[StreamEvent]:
        """What was held; no more text comes."""
        held, self._held = self._held, ""
        if self._stage is _Stage.THOUGHTS:
            yield from self._think(held)
        elif (closer := self._lone_closer(held)) is not None:
            yield from self._take_back(held[: closer.start()])
        elif not (self._has_thoughts and not held.strip()):
            yield from self._say(held)

    def _read_start(self) -> None:
        head = self._held.lstrip()
        if head and head[0] not in _FIRST_OF_MARKS and not self._has_thoughts:
            self._stage = _Stage.TEXT
            return
        lowered = _lower(head[:_LONGEST_OPENER])
        for marks in _MARKS if self._left else ():
            if lowered.startswith(marks.opener):
                self._left -= 1
                self._marks = marks
                self._held = head[len(marks.opener) :]
                self._stage = _Stage.THOUGHTS if marks.closers else _Stage.TEXT
                self._is_watching = False
                return
        if not (self._left and any(marks.opener.startswith(lowered) for marks in _MARKS)):
            self._stage = _Stage.TEXT
            if self._has_thoughts and (blank := _BLANK_LINES.match(self._held)):
                self._held = self._held[blank.end() :]

    def _read_thoughts(self) -> Iterator[StreamEvent]:
        closers = self._marks.closers
        lowered = _lower(self._held)
        found = [(at, -len(each)) for each in closers if (at := lowered.find(each)) >= 0]
        if found:
            at, length = min(found)
            thoughts, self._held = self._held[:at], self._held[at - length :]
            self._stage = _Stage.START
            self._has_thoughts = True
            yield from self._think(thoughts)
        else:
            yield from self._think(self._take_all_but(_partial_length(lowered, closers)))

    def _read_text(self) -> Iterator[StreamEvent]:
        if after := self._marks.after:
            marks = "|".join(map(re.escape, after))
            self._held = re.sub(marks, "", self._held, flags=re.IGNORECASE)
        if self._is_watching and (closer := _LONE_CLOSER.search(self._held)):
            if closer["ended"] is None:
                yield from self._say(self._take_all_but(len(self._held) - closer.start()))
            elif self._lone_closer(self._held) is None:
                yield from self._say(self._take_all_but(len(self._held) - closer.end()))
            else:
                before, self._held = self._held[: closer.start()], self._held[closer.end() :]
                self._stage = _Stage.START
                yield from self._take_back(before)
            return
        marks_ahead = _CLOSERS if self._is_watching else after
        yield from self._say(self._take_all_but(_partial_length(_lower(self._held), marks_ahead)))

    def _lone_closer(self, held: str) -> re.Match[str] | None:
        """A closer in `held` that turns all text before it into reasoning."""
        closer = _LONE_CLOSER.search(held) if self._is_watching else None
        if closer is None:
            return None
        before = "".join(self._said) + held[: closer.start()]
        last_line = before.rpartition("\n")[2]
        fences = f"\n{before}".count("\n```")
        is_code = fences % 2 == 1 or last_line.count("`") % 2 == 1
        is_opened = any(f"<{tag}>" in before.lower() for tag in _TAGS)
        return None if is_code or is_opened else closer

    def _take_back(self, before: str) -> Iterator[StreamEvent]:
        thoughts = "".join(self._said) + before
        if self._said:
            yield TextReplaced(0, "")
        self._stop_watching()
        self._has_thoughts = True
        yield from self._think(thoughts)

    def _take_all_but(self, count: int) -> str:
        end = len(self._held) - count
        taken, self._held = self._held[:end], self._held[end:]
        return taken

    def _think(self, text: str) -> Iterator[StreamEvent]:
        text = text if self._has_thought_text else text.lstrip()
        if text:
            self._has_thought_text = True
            yield ReasoningDelta(text)

    def _say(self, text: str) -> Iterator[StreamEvent]:
        if not text:
            return
        if self._is_watching:
            self._watch(text)
        yield TextDelta(text)

    def _watch(self, text: str) -> None:
        """Remember `text`: a closer without an opener may turn it into reasoning."""
        self._said.append(text)
        self._size += len(text)
        if self._size > _WATCHED:
            self._stop_watching()

    def _stop_watching(self) -> None:
        self._is_watching = False
        self._said.clear()


def split_thoughts(text: str) -> tuple[str, str]:
    """The reasoning that is written into a whole reply, and the text without it."""
    thoughts = kept = ""
    splitter = ThoughtSplitter()
    for events in (splitter.add(text), splitter.flush()):
        for event in events:
            match event:
                case TextDelta(added):
                    kept += added
                case TextReplaced(keep, added):
                    kept = kept[:keep] + added
                case ReasoningDelta(added):
                    thoughts += added
                case _:
                    pass
    return thoughts, kept


def without_thoughts(text: str) -> str:
    """`text` of a whole reply without its reasoning; `text` itself where nothing would be left."""
    _, kept = split_thoughts(text)
    return kept if kept.strip() else text


def remove_thoughts(message: ContextMessage) -> ContextMessage:
    """`message` as it is sent back: a reply goes without its reasoning."""
    if message.role != Role.ASSISTANT or not _MAY_BE_MARK.search(message.text):
        return message
    # Its parts are laid over the text that it had; what is left of them here is text.
    return ContextMessage(message.role, without_thoughts(message.text))


def _lower(text: str) -> str:
    """`text` with small ASCII letters, at the length that it has."""
    return text.lower() if text.isascii() else text.translate(_SMALL)


def _partial_length(text: str, marks: tuple[str, ...]) -> int:
    """The length of the longest end of `text` that one of `marks` may begin with."""
    longest, beginnings = _beginnings(marks)
    for length in range(min(longest, len(text)), 0, -1):
        if text[-length:] in beginnings:
            return length
    return 0


@cache
def _beginnings(marks: tuple[str, ...]) -> tuple[int, frozenset[str]]:
    """Everything that one of `marks` may begin with, and the length of the longest."""
    found = frozenset(mark[:length] for mark in marks for length in range(1, len(mark)))
    return max(map(len, found), default=0), found
