"""The elements of a large JSON array, one at a time.

Only strings and brackets are looked at, so an element that is damaged inside does not hide those
after it. No more than one element is in memory.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from fakegpt_tui.domain import LoadError

_CHUNK_SIZE = 256 * 1024
_TOKEN = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_BACKSLASH = ord("\\")


class ByteStream(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes: ...


def iter_array(stream: ByteStream, largest: int) -> Iterator[bytes | None]:
    """The text of each element; `None` in place of one that has more than `largest` bytes.

    Raises:
        LoadError: There is no array, or the file ends before it does.
    """
    scanner = _Scanner(largest)
    while not scanner.is_done and (chunk := stream.read(_CHUNK_SIZE)):
        yield from scanner.elements(chunk)
    if not scanner.is_done:
        raise LoadError("The file ends in the middle, so it was not copied whole.")


class _Scanner:
    """Where in an array the reading has come to."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        self._parts: list[bytes] = []
        self._size = 0
        self.is_done = False

    def elements(self, chunk: bytes) -> Iterator[bytes | None]:
        """The elements that end in this chunk, which is the next one."""
        begin = 0
        at = self._after_string(chunk, 0) if self._is_in_string else 0
        while not self.is_done and (found := _TOKEN.search(chunk, at)):
            at = found.end()
            if found[0] == b'"':
                at = self._after_string(chunk, at)
            elif self._ends_element(found[0]):
                self._keep(chunk[begin : found.start()])
                yield from self._taken()
                begin = at
            elif self._depth == 1 and found[0] == b"[":
                self._forget()
                begin = at
        if not self.is_done:
            self._keep(chunk[begin:])

    def _ends_element(self, token: bytes) -> bool:
        if token == b",":
            return self._depth == 1
        if self._depth == 0 and token != b"[":
            raise LoadError("The file does not hold a list of conversations.")
        self._depth += 1 if token in (b"[", b"{") else -1
        self.is_done = self._depth <= 0
        return self.is_done

    def _after_string(self, chunk: bytes, at: int) -> int:
        """Where the string that is open at `at` ends, or else the chunk."""
        begin = at + 1 if self._is_escaped else at
        match = _IN_STRING.match(chunk, begin)
        end = match.end() if match else len(chunk)
        self._is_escaped = end < len(chunk) and chunk[end] == _BACKSLASH
        self._is_in_string = end == len(chunk) or self._is_escaped
        return end + 1

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._largest:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _taken(self) -> Iterator[bytes | None]:
        """The element that has ended, if there is one: `[]` has none."""
        if self._size > self._largest:
            yield None
        elif element := b"".join(self._parts).strip():
            yield element
        self._forget()

    def _forget(self) -> None:
        self._parts.clear()
        self._size = 0
