"""Reading `text/event-stream`: bytes in, events out, whatever their cut."""

from dataclasses import dataclass
from typing import Final

from fakegpt_tui.domain import ReplyCut

MAX_EVENT_BYTES: Final = 16_000_000
"""Room for a cumulative reply of a million characters outside ASCII, each escaped as six bytes."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One dispatched event; several data lines are joined with line feeds."""

    data: str
    event: str = "message"


class EventTooLong(ReplyCut):
    """An event grew past the limit, so that nothing after it can be read."""


class EventReader:
    """Turns the bytes of one stream into events, at a cost linear in their number.

    Lines end at LF, CRLF and CR and nowhere else, on bytes, so that neither a line separator inside
    JSON nor a character cut in two is ever taken apart. Bytes that are not UTF-8 become U+FFFD.

    Beyond the standard, for services that do not keep to it:

    - A lone `data: [DONE]` is dispatched at its own line end, because what follows it may never come.
    - A data line that begins with `{` or is `[DONE]`, after one of the form `{…}`, starts a new event:
      JSON cannot go on like that, and some services leave the blank line out.
    - `finish` dispatches what the last blank line was missing for.
    """

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._limit = max_event_bytes
        self._line = bytearray()
        self._data: list[str] = []
        self._data_bytes = 0
        self._event = ""
        self._at_start = True
        self._after_return = False
        self._overflow: EventTooLong | None = None

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that `data` completes.

        Raises:
            EventTooLong: A line or an event is longer than the limit. Events that were complete
                before it in the same bytes are returned first, and the next call raises.
        """
        raise NotImplementedError

    def finish(self) -> list[ServerEvent]:
        """What was still pending when the stream ended.

        Raises:
            EventTooLong: As in `feed`.
        """
        raise NotImplementedError
