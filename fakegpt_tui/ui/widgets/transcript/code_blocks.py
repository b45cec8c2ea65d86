"""Code blocks of messages, as they were written."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.document import JSON_FENCE, is_json
from fakegpt_tui.ui.markdown.parser import parse_blocks
from fakegpt_tui.ui.markdown.split_points import find_split_points
from fakegpt_tui.ui.widgets.transcript.line_ids import MessageZone
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_FENCES = ("```", "~~~")
_READ_SIZE = 8_192
"""Characters to parse at a time in search of a block, where blocks can be split."""


class CodeBlockCursor:
    """Goes through the code blocks from the top of the view on, one with each call."""

    def __init__(self, message_list: VirtualList) -> None:
        self._message_list = message_list
        self._asked_from: LinePosition | None = None
        self._last: tuple[int, int] = (0, -1)

    def next_block(self, top: LinePosition) -> str | None:
        """The first code block at or below `top`; asked again with the same, the next one."""
        after = self._last if top == self._asked_from else self._position_before(top)
        for index in range(after[0], len(self._message_list.messages)):
            start = max(0, after[1]) if index == after[0] else 0
            for end, code in code_blocks(self._message_list.messages[index].text, start):
                if (index, end) > after:
                    self._asked_from, self._last = top, (index, end)
                    return code
        again = self._asked_from == top
        self._asked_from = None
        return self.next_block(top) if again else None

    def _position_before(self, top: LinePosition) -> tuple[int, int]:
        zone, anchor = self._message_list.layout(top.message).anchor_at(top.line)
        if zone <= MessageZone.TEXT:
            return top.message, anchor.source if zone is MessageZone.TEXT else -1
        return top.message + 1, -1


def code_at(text: str, start: int, end: int) -> str:
    """The code of the block that holds a range of a message's text, as it was written."""
    blocks = code_blocks(text, start)
    return next((code for last, code in blocks if end <= last), text[start:end])


def code_blocks(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """The fenced blocks of a message from about `start` on: where each one ends, and its code."""
    return ((node.source[1], node.content) for node in fences(text, start))


def fences(text: str, start: int = 0) -> Iterator[Node]:
    """The fenced blocks of a message from about `start` on, with what is behind their fences.

    A message that is one JSON object is drawn as a block, and is one.
    """
    if is_json(text):
        yield Node("fence", text, info="json", source=(0, len(JSON_FENCE) + len(text)))
        return
    if not any(fence in text for fence in _FENCES):
        return
    borders = [0, *find_split_points(text, _READ_SIZE)]
    first = bisect_right(borders, start) - 1
    for begin, end in pairwise([*borders[first:], len(text)]):
        part = text[begin:end]
        if any(fence in part for fence in _FENCES):
            rows = (len(row) + 1 for row in part.split("\n"))
            yield from _fences(parse_blocks(part, list(accumulate(rows, initial=begin)), {}))


def _fences(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.kind == "fence":
            yield node
        yield from _fences(node.children)
