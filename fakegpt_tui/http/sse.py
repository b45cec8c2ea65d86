"""Server-sent events (`text/event-stream`): bytes in, events out, however they are cut."""

import json
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from fakegpt_tui.domain import ReplyCut
from fakegpt_tui.fast_import import lazy_pattern

JOINED: Final = "joined"
"""The name of an event that stands for several which had none, with their texts together."""

MAX_EVENT_BYTES: Final = 16_000_000
"""Room for a cumulative reply of two million characters, each escaped as six bytes."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_END_MARKER = "[DONE]"
_FIELD = "data:"
_NAMES = (b"data", b"event", b"error", b"id", b"retry")
_DOUBLED = ("{", _END_MARKER)
_BARE = (b"{", _END_MARKER.encode())
_ODD_FIELD = lazy_pattern(
    rb"(?:\xef\xbb\xbf)?[ \t]*data[ \t]*:(?=\s*(?:\{|\[DONE\]))", re.IGNORECASE
)
_FIELD_BYTES = len("data:\n")
_LONGEST_NAME = len("event:")
_NOISE_BYTES = 800


class ServerEvent(NamedTuple):
    """One dispatched event; several data lines are joined with line feeds."""

    event: str
    data: str


_SMALL_CHUNK: Final = 4096
_MUCH: Final = 600
_EVENT_END: Final = b"\n\n"


def join_small(chunks: Sequence[bytes]) -> Sequence[bytes]:
    """`chunks` as one where they are small: to look for lines in each costs more than to join."""
    size = sum(map(len, chunks))
    return [b"".join(chunks)] if size < _SMALL_CHUNK * len(chunks) else chunks


def holds_line_end(chunk: bytes) -> bool:
    """Does a line end in `chunk`, or is it nothing but blanks, as services send to stay alive?"""
    return b"\n" in chunk or b"\r" in chunk or not chunk.strip()


class EventTooLong(ReplyCut):
    """An event grew past the limit, so that nothing after it can be read."""


class EventReader:
    """Turns the bytes of one stream into events, at a cost linear in their number.

    Lines end at LF, CRLF and CR and nowhere else, on bytes, so that neither a line separator inside
    JSON nor a character cut in two is ever taken apart. Bytes that are not UTF-8 become U+FFFD.

    Beyond the standard, for services that do not keep to it:

    - A lone `data: [DONE]` is dispatched at its own line end; nothing may ever come after it.
    - A data line that begins with `{` or is `[DONE]`, after a single one of the form `{…}`, starts
      a new event: no JSON goes on like that, and some services leave the blank line out.
    - A field `error` is an event of that name, at its own line end.
    - A line that begins with `{` or is `[DONE]` is data that has no `data:` before it. So are lines
      after it that are no field. One that is a whole object, as in JSON lines, is dispatched at its
      own line end.
    - A second `data:` before JSON or `[DONE]` is left out, and one in capital letters, or with
      blanks or a byte order mark around it, is read.
    - An object goes on behind its first line, in lines that are no field, and over blank lines up
      to a line that ends with `}`: some services indent their JSON, or do not escape line feeds.
    - `finish` dispatches what the last blank line was missing for.

    Of much that comes together, events that repeat each other may be joined: see `join_repeated`.
    """

    def __init__(
        self, *, max_event_bytes: int = MAX_EVENT_BYTES, joins_repeated: bool = False
    ) -> None:
        self._limit = max_event_bytes
        self._joins_repeated = joins_repeated
        self._line = bytearray()
        self._data: list[str] = []
        self.noise = ""
        """How the first line begins that is no part of an event stream."""
        self.count = 0
        """How many events have come."""
        self._size = 0
        self._event = ""
        self._ready: list[ServerEvent] = []
        self._is_bare = False
        self._is_torn = False
        self._at_start = True
        self._after_return = False
        self._overflow: EventTooLong | None = None

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that `data` completes.

        Raises:
            EventTooLong: A line or an event is longer than the limit. Events that were complete
                before it in the same bytes are returned first, and the next call raises.
        """
        if data and not self._overflow:
            if self._joins_repeated and len(data) > _MUCH:
                data = self._with_repeated_joined(data)
            *ended, rest = self._lines(data)
            for line in ended:
                if not self._take_line(line):
                    break
            else:
                self._keep(rest)
        return self._hand_out()

    def finish(self) -> list[ServerEvent]:
        """What was still pending when the stream ended.

        Raises:
            EventTooLong: As in `feed`.
        """
        if not self._overflow and (not self._line or self._take_line(b"")):
            self._dispatch()
        return self._hand_out()

    def _with_repeated_joined(self, data: bytes) -> bytes:
        is_within = self._line or self._data or self._event or self._is_bare or self._after_return
        start = data.find(_EVENT_END) + len(_EVENT_END) if is_within else 0
        if is_within and start < len(_EVENT_END):
            return data
        return data[:start] + join_repeated(data[start:])

    def _hand_out(self) -> list[ServerEvent]:
        if self._overflow and not self._ready:
            raise self._overflow
        ready, self._ready = self._ready, []
        return ready

    def _lines(self, data: bytes) -> list[bytes]:
        """`data` cut at its line ends; the last piece is of a line that has not ended."""
        rest = data.removeprefix(b"\n") if self._after_return else data
        self._after_return = data.endswith(b"\r")
        if b"\r" in rest:
            rest = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return rest.split(b"\n")

    def _keep(self, piece: bytes) -> None:
        if self._fits(piece):
            self._line += piece

    def _fits(self, piece: bytes) -> bool:
        """Is there room for `piece` in the event? If not, nothing will be read any more."""
        if len(self._line) + len(piece) + self._size <= self._limit:
            return True
        self._overflow = EventTooLong(
            f"The service sent an event of more than {self._limit:,} bytes,"
            " so the reply was cut there."
        )
        self._line.clear()
        self._data.clear()
        return False

    def _take_line(self, end: bytes) -> bool:
        """Take the line that ends with `end`; `False` where it is too long."""
        if not self._fits(end):
            return False
        line: bytes | bytearray = end
        if self._line:
            self._line += end
            line, self._line = self._line, bytearray()
        if self._at_start:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            self._at_start = False
        if line:
            self._take_field(line)
        elif self._is_open_object() and not self._data[-1].rstrip().endswith("}"):
            self._is_torn = True
            self._add("")
        else:
            self._dispatch()
        return True

    def _take_field(self, line: bytes | bytearray) -> None:
        name, colon, _ = line[:_LONGEST_NAME].partition(b":")
        start = len(name) + len(colon)
        if self._is_torn and name in _NAMES:
            self._dispatch()
        start += line.startswith(b" ", start)
        match name:
            case b"data":
                self._take_data(_text(line, start))
            case b"event":
                self._event = _text(line, start)
            case b"error" if colon:
                self._dispatch()
                self._event = "error"
                self._data.append(_text(line, start))
                self._dispatch()
            case _ if line.startswith(_BARE) or self._is_bare:
                self._is_bare = True
                self._take_data(_text(line, 0))
                if self._holds_whole_object() and _is_json(self._data[0]):
                    self._dispatch()
            case _:
                self._take_other(line, bytes(name))

    def _take_other(self, line: bytes | bytearray, name: bytes) -> None:
        """Take a line that is no field, or one that is of no use here."""
        if odd := _ODD_FIELD.match(line):
            self._take_field(b"data:" + line[odd.end() :])
        elif name and self._is_open_object():
            self._add(_text(line, 0))
        # Not comments, what could resume a stream, which is never done, and a cut name.
        elif not any(each.startswith(name) for each in _NAMES):
            self.noise = self.noise or _text(line[:_NOISE_BYTES], 0)

    def _take_data(self, value: str) -> None:
        if value.startswith(_FIELD) and value[len(_FIELD) :].lstrip().startswith(_DOUBLED):
            value = value[len(_FIELD) :].lstrip()
        is_end = value.strip() == _END_MARKER
        if (is_end or value.startswith("{")) and self._holds_whole_object():
            self._dispatch()
        self._add(value)
        if is_end and len(self._data) == 1:
            self._dispatch()

    def _add(self, value: str) -> None:
        self._data.append(value)
        self._size += len(value) + _FIELD_BYTES

    def _is_open_object(self) -> bool:
        """Does an object go on behind its first line?"""
        return bool(self._data) and self._data[0].startswith("{") and not self._holds_whole_object()

    def _holds_whole_object(self) -> bool:
        return (
            len(self._data) == 1 and self._data[0].startswith("{") and self._data[0].endswith("}")
        )

    def _dispatch(self) -> None:
        if self._data:
            self.count += 1
            self._ready.append(ServerEvent(self._event or "message", "\n".join(self._data)))
            self._data.clear()
            self._size = 0
        self._event = ""
        self._is_bare = self._is_torn = False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _text(line: bytes | bytearray, start: int) -> str:
    """The text of `line` from `start` on, at the price of one copy."""
    return str(memoryview(line)[start:], "utf-8", "replace")


_EVENT = lazy_pattern(rb"data: ?\{[^\r\n]*\}\n\n")
_TEXT = lazy_pattern(rb'"(?:content|reasoning_content|reasoning|text)": ?"(?=[^"])')
_SHORT = lazy_pattern(rb'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){0,40}')
"""The inside of a JSON string. A token is short; what is longer may be all of the text again."""
_LEAST = 4


def join_repeated(data: bytes) -> bytes:
    """`data`, which begins with an event, with those at its beginning joined that repeat it.

    They differ in one short text alone. Services send a token with each event, and say all that
    they say of the reply each time; to read the same again costs more than the token.
    """
    first = _EVENT.match(data)
    texts = list(_TEXT.finditer(first[0])) if first else []
    if first is None or len(texts) != 1:
        return data
    start = texts[0].end()
    inside = _SHORT.match(first[0], start)
    end = inside.end() if inside else start
    before, after = first[0][:start], first[0][end:]
    if not after.startswith(b'"') or data.count(after) < _LEAST:
        return data
    pieces = data[start : data.rfind(after)].split(after + before)
    count = next(
        (at for at, piece in enumerate(pieces) if not _SHORT.fullmatch(piece)), len(pieces)
    )
    if count < _LEAST:
        return data
    text = b"".join(pieces[:count])
    joined = b"event: " + JOINED.encode() + b"\n" + before + text + after
    return joined + data[len(text) + count * len(before + after) :]
