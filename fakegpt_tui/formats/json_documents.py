"""JSON of other programs: lists, objects and lines, taken apart into what formats recognise.

What a list or an object holds decides, not its name. Lists in lists, objects around a list of
conversations, and one object a line are entered, as people join exports by hand.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain, islice
from json import JSONDecodeError

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import (
    LARGEST_CONVERSATION,
    EmptyConversation,
    EmptyItem,
    FormatError,
    ImportItem,
    LinesFormat,
    ListFormat,
    Record,
    RecordFormat,
    SkippedItem,
    SourceDefaults,
    UnknownFormat,
    find_format,
    parse_json,
)
from fakegpt_tui.formats.documents import NO_UTF_8, OpenDocument
from fakegpt_tui.formats.foreign_values import read_folders
from fakegpt_tui.formats.json_stream import Undecoded, decode_array, iter_array

_WRAPPERS = ("conversations", "chats", "data", "threads", "sessions")
"""Names below which objects hold their conversations."""

_LIST_IN_OBJECT = re.compile(rb'^\s*\{\s*"conversations"\s*:\s*(?=\[)')
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_DECODER = json.JSONDecoder()
_SMALL = 8 * 2**20
"""In bytes; what is not larger fits into memory as a whole."""
_SNIFFED_LINES = 20
_SNIFFED_ITEMS = 50


@dataclass(frozen=True, slots=True)
class JsonFormats:
    """The formats that are made of JSON; of several that recognise something the first reads it."""

    records: Sequence[RecordFormat]
    lists: Sequence[ListFormat]
    lines: Sequence[LinesFormat]

    def find_record(self, value: object) -> tuple[RecordFormat, str] | None:
        return find_format(self.records, value) if isinstance(value, dict) else None

    def find_list(self, first: object) -> tuple[ListFormat, str] | None:
        return find_format(self.lists, first) if isinstance(first, dict) else None


class JsonReader:
    """Reads a document of JSON; `found` tells the formats that it had, and why, as it goes."""

    def __init__(self, formats: JsonFormats, document: OpenDocument) -> None:
        self._formats = formats
        self._document = document
        self._origin: SourceDefaults = document.origin
        self._is_no_utf_8 = False
        self.found: dict[str, str] = {}

    def read(self) -> Iterator[ImportItem]:
        """All that is in it, one conversation in memory at a time.

        Raises:
            LoadError: The rest cannot be read, or nothing has a known format.
        """
        head = self._document.head().lstrip()
        if head.startswith(b"["):
            yield from self._read_array()
        elif self._has_lines():
            yield from self._read_lines()
        elif match := _LIST_IN_OBJECT.match(head):
            yield from self._read_wrapped(match.end())
        else:
            yield from self._read_object(self._document.whole(LARGEST_CONVERSATION))

    def _has_lines(self) -> bool:
        line = self._document.first_line()
        return len(line) < len(self._document.head()) and isinstance(parse_json(line), dict)

    def _read_wrapped(self, begin: int) -> Iterator[ImportItem]:
        """An object that begins with a list of conversations, unless it is one itself."""
        value = _first_element(self._document.head().lstrip()[begin:])
        match = self._formats.find_record(value)
        is_small = not self._document.where and self._document.file.size <= _SMALL
        reads_whole = match is not None and match[0].has_folders_behind and is_small
        if isinstance(value, dict) and (match is None or reads_whole):
            yield from self._read_object(self._document.whole(LARGEST_CONVERSATION))
            return
        self._document.read(self._document.head().index(b"[", begin))
        yield from self._read_array(has_more=True)

    def _is_known(self, value: object) -> bool:
        return self._formats.find_record(value) is not None

    def _read_array(self, *, has_more: bool = False) -> Iterator[ImportItem]:
        elements = decode_array(self._document, LARGEST_CONVERSATION, has_more=has_more)
        first = next(elements, None)
        if first is None:
            return
        elements = chain([first], elements)
        if match := self._formats.find_list(_value(first)):
            self.found[match[0].name] = match[1]
            held = [_value(each) for each in elements]
            yield from self._refused(match[0].read(held, self._origin), self._where(1))
            return
        items = (
            item
            for number, element in enumerate(elements, start=1)
            for item in self._read_decoded(element, self._where(number))
        )
        yield from self._unless_unknown(items)

    def _unless_unknown(self, items: Iterator[ImportItem]) -> Iterator[ImportItem]:
        """The items, unless nothing in the first of them has a format that is known."""
        first: list[ImportItem] = []
        while not self.found and len(first) < _SNIFFED_ITEMS and (item := next(items, None)):
            first.append(item)
        if not self.found and self._is_no_utf_8:
            raise LoadError(NO_UTF_8)
        if not self.found and first:
            raise UnknownFormat("The file holds a list of nothing that is known.")
        yield from chain(first, items)

    def _where(self, number: int) -> str:
        of = f" of {self._document.where}" if self._document.where else ""
        return f"Conversation {number}{of}"

    def _read_decoded(self, element: object, where: str) -> Iterator[ImportItem]:
        if isinstance(element, Undecoded):
            return self._read_element(element.data, where)
        return self._read_value(element, where)

    def _read_element(self, element: bytes | None, where: str) -> Iterator[ImportItem]:
        if element is None:
            yield SkippedItem(where, f"{where} is larger than any real one.")
            return
        try:
            value = json.loads(element)
        except RecursionError:
            yield SkippedItem(where, f"{where} is nested too deep.")
        except ValueError as error:
            self._is_no_utf_8 |= isinstance(error, UnicodeDecodeError)
            what = "no UTF-8 text" if isinstance(error, UnicodeDecodeError) else "damaged JSON"
            yield SkippedItem(where, f"{where} is {what}.")
        else:
            yield from self._read_value(value, where)

    def _read_object(self, data: bytes) -> Iterator[ImportItem]:
        """An object, or several after each other, as people join files."""
        where = self._document.where or "The conversation"
        try:
            values, is_whole = _values_of(data)
        except RecursionError:
            yield SkippedItem(where, f"{where} is nested too deep.")
            return
        except UnicodeDecodeError as error:
            raise LoadError(NO_UTF_8) from error
        if values and not any(map(self._holds_conversations, values)):
            what = "JSON" if "workbook" not in values[0] else "a workbook with sheets"
            raise UnknownFormat(f"The file has {what} of no kind that is known.")
        for number, value in enumerate(values, start=1):
            yield from self._read_value(value, where if len(values) == 1 else self._where(number))
        if not is_whole:
            raise LoadError("The file is damaged JSON, or was not copied whole.")

    def _holds_conversations(self, value: Record) -> bool:
        return self._is_wrapper(value) or self._is_known(value) or self._has_by_id(value)

    def _is_wrapper(self, value: Record) -> bool:
        return any(isinstance(value.get(name), list | dict) for name in _WRAPPERS)

    def _has_by_id(self, value: Record) -> bool:
        """Are the values of an object conversations, which are named by their ids?"""
        return any(map(self._is_known, islice(value.values(), _SNIFFED_ITEMS)))

    def _read_value(self, value: object, where: str) -> Iterator[ImportItem]:
        """What a value holds: a conversation, or more of them inside."""
        if match := self._formats.find_record(value):
            self.found[match[0].name] = match[1]
            assert isinstance(value, dict)  # noqa: S101 - as the match says
            yield from self._refused(match[0].read(value, self._origin), where)
        elif isinstance(value, list) and value:
            yield from self._read_list(value, where)
        elif isinstance(value, dict) and self._is_wrapper(value):
            if folders := read_folders(value.get("folders")):
                self._origin = replace(self._origin, folders=folders)
            for name in _WRAPPERS:
                if isinstance(value.get(name), list | dict):
                    yield from self._read_value(value[name], where)
        elif isinstance(value, dict) and self._has_by_id(value):
            yield from self._read_list([*value.values()], where)
        else:
            yield SkippedItem(where, f"{where} is no conversation of a known kind.")

    def _read_list(self, values: list[object], where: str) -> Iterator[ImportItem]:
        if match := self._formats.find_list(values[0]):
            self.found[match[0].name] = match[1]
            yield from self._refused(match[0].read(values, self._origin), where)
            return
        for number, value in enumerate(values, start=1):
            yield from self._read_value(value, self._where(number))

    def _refused(self, items: Iterable[ImportItem], where: str) -> Iterator[ImportItem]:
        """The items; what turns out to be no conversation becomes a skipped one."""
        try:
            yield from items
        except EmptyConversation:
            yield EmptyItem(where)
        except FormatError as error:
            yield SkippedItem(where, f"{where} {error}.")

    def _read_lines(self) -> Iterator[ImportItem]:
        lines = (line for line in self._document.lines() if line.strip())
        first = [*islice(lines, _SNIFFED_LINES)]
        values = [value for line in first if isinstance(value := parse_json(line), dict)]
        rest = chain(first, lines)
        if match := find_format(self._formats.lines, values):
            self.found[match[0].name] = match[1]
            held = (value if isinstance(value := parse_json(line), dict) else None for line in rest)
            where = self._document.where or "The conversation"
            yield from self._refused(match[0].read(held, self._origin), where)
            return
        if not any(self._is_known(value) or self._is_wrapper(value) for value in values):
            raise UnknownFormat("The file has JSON lines of no kind that is known.")
        for number, line in enumerate(rest, start=1):
            where = self._where(number).replace("Conversation", "Line", 1)
            yield from self._read_element(line.strip(), where)


def _values_of(data: bytes) -> tuple[list[Record], bool]:
    """The objects of a text, with blanks or commas between them, and whether that is all of it."""
    text = data.decode(errors="surrogatepass")
    values: list[Record] = []
    at = 0
    while match := _BETWEEN.match(text, at):
        try:
            value, at = _DECODER.raw_decode(text, match.end())
        except JSONDecodeError:
            return values, match.end() == len(text)
        if not isinstance(value, dict):
            return values, False
        values.append(value)
    return values, True


def _first_element(data: bytes) -> object:
    """The first element of an array of which only the beginning may be here."""
    try:
        elements = iter_array(BytesIO(data), LARGEST_CONVERSATION)
        return parse_json(next(elements, None) or b"")
    except LoadError:
        return None


def _value(element: object) -> object:
    """What an element says; nothing where it is damaged."""
    return parse_json(element.data or b"") if isinstance(element, Undecoded) else element
