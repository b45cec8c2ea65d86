"""Elements of a large JSON array, decoded one at a time out of a window that grows.

Python's decoder finds where an element ends ten times as fast as a scanner for brackets. Where it
fails, at an element that is damaged, too large or no UTF-8, the scanner goes on from there.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import JSONDecodeError

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import ByteStream

_DECODER = json.JSONDecoder()
_LEAST = 2**18
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
"""Also the byte order mark of another file, where two were put behind each other."""
_NO_UTF_8 = re.compile("[\udc80-\udcff]")
_LONGEST_TOKEN = 16
"""Before the end of what was read, what looks damaged may only be cut off."""
_CHUNK_SIZE = 256 * 1024
_TOKEN = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_BACKSLASH = ord("\\")


def _without_marks(between: bytes) -> bytes:
    """What stands between two arrays, apart from blanks and a byte order mark."""
    return between.replace(codecs.BOM_UTF8, b"").strip()


@dataclass(frozen=True, slots=True)
class Undecoded:
    """An element that is still text, or nothing where it is too large."""

    data: bytes | None


def decode_array(
    stream: ByteStream, largest: int, *, has_more: bool = False
) -> Iterator[object | Undecoded]:
    """The elements of an array, as `iter_array` finds them.

    Raises:
        LoadError: There is no array, something else follows it, or the file ends before it does.
    """
    window = _Window(stream)
    if window.sign() != "[":
        raise LoadError("The file does not hold a list of conversations.")
    window.pass_sign()
    while True:
        sign = window.sign()
        if not sign:
            raise LoadError("The file ends in the middle, so it was not copied whole.")
        if sign == ",":
            window.pass_sign()
        elif sign == "]":
            window.pass_sign()
            if not window.begin_again(in_object=has_more):
                return
        else:
            try:
                value = window.decode(largest)
            except (ValueError, RecursionError):
                rest = iter_array(window, largest, has_more=has_more)
                yield from (Undecoded(each) for each in rest)
                return
            yield value


class _Window:
    """What was read of an array and not decoded yet; as a stream, an array of what is left."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0
        self._is_damaged = False
        self._has_begun = False

    def sign(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text) or not self._fill():
                return self._text[self._at : self._at + 1]

    def pass_sign(self) -> None:
        self._at += 1

    def begin_again(self, *, in_object: bool) -> bool:
        """Does another array follow one that has ended? One in an object is the only one."""
        if in_object:
            self._end_object()
            return False
        sign = self.sign()
        if sign not in ("", "["):
            raise LoadError("Something that is no list follows the list of conversations.")
        self._at += len(sign)
        return bool(sign)

    def _end_object(self) -> None:
        """Refuse what follows the object around an array, where that ends with the array."""
        if self.sign() == "}":
            self._at += 1
            if self.sign():
                raise LoadError("Something follows the object with conversations; take it apart.")

    def decode(self, largest: int) -> object:
        """The value that begins here, and a comma or a bracket follows.

        Raises:
            ValueError: There is none that is whole, or it is larger than `largest`.
            RecursionError: It is nested too deep.
        """
        while not self._is_damaged:
            begin = self._at
            try:
                value, self._at = _DECODER.raw_decode(self._text, begin)
            except JSONDecodeError as error:
                is_cut = error.pos >= len(self._text) - _LONGEST_TOKEN
                if not is_cut and not error.msg.startswith("Unterminated"):
                    raise
            else:
                match = _BLANK.match(self._text, self._at)
                if match and self._text[match.end() : match.end() + 1] in (",", "]"):
                    return value
                if match and match.end() < len(self._text):
                    self._at = begin
                    break
            self._at = begin
            if len(self._text) - begin > largest or not self._fill():
                break
        raise ValueError

    def read(self, size: int, /) -> bytes:
        if not self._has_begun:
            self._has_begun = True
            return b"["
        if self._at < len(self._text):
            left = self._text[self._at :].encode(errors="surrogateescape")
            self._at = len(self._text)
            return left + self._decoder.getstate()[0]
        return self._stream.read(size)

    def _fill(self) -> bool:
        """Read as much again as is here; true if there was more."""
        left = self._text[self._at :]
        data = self._stream.read(max(_LEAST, len(left)))
        more = self._decoder.decode(data)
        self._is_damaged |= not more.isascii() and _NO_UTF_8.search(more) is not None
        self._text, self._at = left + more, 0
        return bool(data)


def iter_array(
    stream: ByteStream, largest: int, *, has_more: bool = False
) -> Iterator[bytes | None]:
    """The text of each element; `None` in place of one that has more than `largest` bytes.

    Several arrays after each other are as one. With `has_more` the first one ends all, and the
    rest is not looked at.

    Raises:
        LoadError: There is no array, something else follows it, or the file ends before it does.
    """
    scanner = _Scanner(largest, stops=has_more)
    while chunk := stream.read(_CHUNK_SIZE):
        yield from scanner.elements(chunk)
        if has_more and scanner.is_done:
            return
    if not scanner.is_done:
        raise LoadError("The file ends in the middle, so it was not copied whole.")


class _Scanner:
    """Where in an array the reading has come to."""

    def __init__(self, largest: int, *, stops: bool) -> None:
        self._largest = largest
        self._stops = stops
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        self._parts: list[bytes] = []
        self._size = 0
        self.is_done = False

    def elements(self, chunk: bytes) -> Iterator[bytes | None]:
        """The elements that end in `chunk`, which follows the chunk of the last call."""
        begin = 0
        at = self._after_string(chunk, 0) if self._is_in_string else 0
        while found := _TOKEN.search(chunk, at):
            if self.is_done and not self._goes_on(chunk[at : found.end()]):
                return
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
        elif _without_marks(chunk[at:]):
            self._goes_on(chunk[at:])

    def _goes_on(self, between: bytes) -> bool:
        """Does another array begin after one that has ended?"""
        if self._stops:
            return False
        if _without_marks(between) != b"[":
            raise LoadError("Something that is no list follows the list of conversations.")
        self.is_done = False
        return True

    def _ends_element(self, token: bytes) -> bool:
        if token == b",":
            return self._depth == 1
        if self._depth == 0 and token != b"[":
            raise LoadError("The file does not hold a list of conversations.")
        self._depth += 1 if token in (b"[", b"{") else -1
        self.is_done = self._depth <= 0
        return self.is_done

    def _after_string(self, chunk: bytes, at: int) -> int:
        """The end of the string that is open at `at`, or else of the chunk."""
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
        """The element that has ended; `[]` has none."""
        if self._size > self._largest:
            yield None
        elif element := b"".join(self._parts).strip():
            yield element
        self._forget()

    def _forget(self) -> None:
        self._parts.clear()
        self._size = 0
