"""Replies in plain mode: written sentence by sentence, as listeners need pauses, and their end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from fakegpt_tui.domain import (
    AppendOnlyText,
    ChatMessage,
    MessageStatus,
    PartAdded,
    RetryScheduled,
    TextDelta,
    TextReplaced,
)

if TYPE_CHECKING:
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain.parts import Part

_LOOK_BACK = 24
"""Characters at an end that tell whether it is one."""
_LINE_END = re.compile(r"\n")
_FENCE = re.compile(r"`{3,}(?!.*`)|~{3,}")
_SENTENCE_END = re.compile(r"[.!?…:;][ \t]+|\n|[。！？]")
_NO_END = re.compile(
    r"""
    (?:^|\n)(?:[^\S\n]|>)*\(?\d{1,4}\.    # the number of an item
    | (?<!\w)(?:\w\.)+                   # e.g., i.e., an initial
    | (?<!\w)(?:cf|vs|etc|approx|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|p|pp|ca|bzw|vgl)\.
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What ends with a full stop and no sentence does."""


class SentenceSplitter:
    """Cuts growing text where a listener can pause; code at its lines alone, indented as it is."""

    def __init__(self) -> None:
        self._pending = ""
        self._fence = ""
        """What the code began with that is being written; empty outside of code."""

    def add(self, text: str) -> Iterator[str]:
        """The sentences that `text` completes."""
        self._pending += text
        start = 0
        while end := self._end.search(self._pending, start):
            start = end.end()
            sentence = self._pending[:start]
            if not self._fence and _ends_within(sentence.rstrip(" \t")):
                continue
            self._pending, start = self._pending[start:], 0
            yield from self._complete(sentence)

    def flush(self) -> Iterator[str]:
        """What is left where a text ends."""
        rest, self._pending = self._pending, ""
        yield from self._complete(rest)

    @property
    def _end(self) -> re.Pattern[str]:
        return _LINE_END if self._fence else _SENTENCE_END

    def _complete(self, sentence: str) -> Iterator[str]:
        """The sentence or line of code without what surrounds it, if it has any words."""
        words = sentence.strip()
        if not words:
            return
        if not self._fence:
            opening = _FENCE.match(words)
            self._fence = opening[0] if opening else ""
            yield words
            return
        if words.startswith(self._fence) and not words.strip(self._fence[0]):
            self._fence = ""
        yield sentence.rstrip()


def _ends_within(text: str) -> bool:
    """Does the text end with a full stop that ends no sentence?"""
    last = text.rpartition("\n")[2][-_LOOK_BACK:]
    return any(match.end() == len(last) for match in _NO_END.finditer(last))


class PlainReply:
    """Writes one reply: `say` takes a sentence, and `read_out` a text of any number of lines."""

    def __init__(self, say: Callable[[str], None], read_out: Callable[[str], None]) -> None:
        self._say = say
        self._read_out = read_out
        self._told: list[Part] = []
        self._retry: RetryScheduled | None = None

    async def write_reply(self, turn: Turn) -> None:
        """Write what a turn brings, as it comes."""
        self._say("Assistant:")
        text, sentences = AppendOnlyText(), SentenceSplitter()
        async for event in turn.events():
            match event:
                case TextDelta() | TextReplaced():
                    self._read_out_all(sentences.add(text.apply(event)))
                case PartAdded(part):
                    self._read_out_all(sentences.flush())
                    self._tell_part(part)
                case RetryScheduled():
                    self._tell_retry(event)
                case _:
                    pass
        if text.is_rewritten:
            self._say("(The reply was rewritten. It is now:)")
            self._told.clear()
            sentences = SentenceSplitter()
            self._read_out_all(sentences.add(text.text))
        self._read_out_all(sentences.flush())

    def _tell_retry(self, retry: RetryScheduled) -> None:
        if retry.of:
            self._say(f"({retry.reason} Next try in {retry.delay:.0f} seconds.)")
        elif retry.is_news(self._retry):
            self._say(f"({retry.reason} It is asked again every few seconds.)")
        self._retry = retry

    def write_outcome(self, reply: ChatMessage, notices: Iterable[str], ending: str | None) -> None:
        """Say what is to be known of a reply that has ended; sources have waited for this."""
        from fakegpt_tui.domain.captions import placed_captions  # noqa: PLC0415 - not at the start

        for notice in notices:
            self._say(f"({notice})")
        for placed in placed_captions(reply.parts):
            if placed.part not in self._told:
                self._say(placed.caption.text)
        if reply.reasoning and not (reply.parts or reply.text.strip()):
            self._say("(There is no answer, only reasoning:)")
            self._read_out(reply.reasoning)
        if reply.status is not MessageStatus.COMPLETE or ending:
            self._say(f"({reply.status.value}. {ending or ''})")

    def _read_out_all(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self._read_out(sentence)

    def _tell_part(self, part: Part) -> None:
        """Say what has come between two pieces of the text; sources wait for the end."""
        from fakegpt_tui.domain.captions import END, placed_captions  # noqa: PLC0415 - as above

        for placed in placed_captions([part]):
            if placed.offset < END:
                self._told.append(part)
                self._say(placed.caption.text)
