"""Decoder for streamed replies: server-sent events in, domain events out."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    Notice,
    RemoteIdAssigned,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    ServiceError,
    StreamEvent,
    TitleSuggested,
    Unsupported,
)
from fakegpt_tui.protocol.error_body import (
    NOT_JSON,
    ErrorBody,
    parse_error_body,
    parse_error_text,
    parse_json,
    read_error_value,
)
from fakegpt_tui.protocol.fakegpt.assistant_messages import (
    AssistantMessage,
    Completion,
    Incomplete,
    read_assistant_message,
)
from fakegpt_tui.protocol.fakegpt.errors import classify_error
from fakegpt_tui.protocol.fakegpt.snapshots import SnapshotDeltas, SnapshotText
from fakegpt_tui.protocol.unread_pieces import UnreadPieces
from fakegpt_tui.text import replace_surrogates

_END_MARKER: Final = "[DONE]"
_NEW_FORMAT_EVENTS: Final = ("delta", "delta_encoding")
_MAX_MESSAGES: Final = 1000
_MARKS: Final = ('"message', '"parts"')
"""What the JSON of an event holds that belongs to a reply."""

_SERVICE: Final = "The service"


class StreamDecoder:
    """Turns the events of one reply into domain events, and judges how it ended.

    The reply's text is the text of each message of the turn, in the order in which their
    texts began, with a blank line between; `TextReplaced.keep` counts from the start of all of it.
    """

    json_key: ClassVar[str] = ""
    """A reply is never sent at once, as JSON."""

    reads_joined: ClassVar[bool] = False

    grace: ClassVar[None] = None
    """Nothing but the end marker tells that no more text may come."""

    is_working: ClassVar[bool] = False
    """It has no tools."""

    def __init__(self, *, locate: bool = False) -> None:
        """With `locate`, `RemoteIdAssigned` tells the id of the reply's newest message."""
        self._locate = locate
        self.location: RemoteIdAssigned | None = None
        """Where the service says that the newest message of the reply is kept."""
        self._told_location: RemoteIdAssigned | None = None
        self._text = SnapshotText()
        self._deltas = SnapshotDeltas()
        self._completion: Completion | None = None
        self._error_body: ErrorBody | None = None
        self._notices: set[str] = set()
        self._unread = UnreadPieces(*_MARKS)
        self._is_new_format = False
        self._done = False

    @property
    def done(self) -> bool:
        """Has the end marker come? Nothing after it counts."""
        return self._done

    def decode(self, event: str, data: str) -> list[StreamEvent]:
        """Decode one server event; `ReplyEnded` is left to `finish`.

        Raises:
            BadReply: The reply has too many messages.
        """
        return list(self.decode_all([(event, data)]))

    def decode_all(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        """Decode events that came together, each a name and its data.

        Of a message that grows, only the newest text is parsed; nothing else is left out.

        Raises:
            ServiceError: What `decode` or `server_events` raises, after all events before it.
        """
        try:
            yield from self._read_each(server_events)
        except ServiceError:
            yield from self._catch_up()
            raise
        yield from self._catch_up()
        if self._locate and self.location not in (None, self._told_location):
            self._told_location = self.location
            yield self.location

    def finish(self) -> list[StreamEvent]:
        """The last events of the reply, ending in `ReplyEnded`; for when the stream is over.

        Call it however the stream ended, also after a cut: a reply may be whole nevertheless.

        Raises:
            ServiceError: The error that the stream told, in the class it has over HTTP.
            RequestRefused: Moderation blocked it before any text came.
            Unsupported: All that came was of a newer format.
            BadReply: The service ended the reply without any text.
            ReplyCut: The stream ended before the reply did.
        """
        last = self._text.flush()
        reason = self._finish_reason()
        if reason is None:
            raise self._failure()
        # What came after a message that says itself that it is whole, is no piece of it.
        is_whole = isinstance(self._completion, FinishReason)
        unread = self._unread.notices() if self._unread.has_text and not is_whole else ()
        return [*last, *unread, ReplyEnded(reason)]

    def _read_each(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        for event, data in server_events:
            if self._done:
                break
            if event == "message" and self._deltas.defer(data):
                continue
            yield from self._catch_up()
            yield from self._read(event, data)

    def _catch_up(self) -> Iterator[StreamEvent]:
        for message in self._deltas.take_deferred():
            yield from self._apply(message)

    def _read(self, event: str, data: str) -> Iterator[StreamEvent]:
        if event == "ping":
            return
        if data.strip() == _END_MARKER:
            self._done = True
            return
        if event in _NEW_FORMAT_EVENTS:
            self._is_new_format = True
            return
        value = parse_json(data)
        if isinstance(value, dict):
            yield from self._read_object(value, data)
        elif error := parse_error_text(data, is_error=event == "error"):
            self._error_body = error
        elif value is NOT_JSON:
            self._unread.note(event, data)

    def _read_object(self, value: dict[str, object], data: str) -> Iterator[StreamEvent]:
        if _is_error(value):
            self._error_body = read_error_value(value)
        match value:
            case {"moderation_response": dict(verdict), **rest}:
                yield from self._read_moderation(
                    verdict, of_reply=rest.get("is_completion") is not False
                )
            case {"type": "moderation"}:
                yield from self._read_moderation(
                    value, of_reply=value.get("is_completion") is not False
                )
            case {"type": "title_generation", "title": str(title)} if title.strip():
                yield TitleSuggested(replace_surrogates(title.strip()))
            case {"message": dict(message)}:
                if reply := read_assistant_message(message):
                    yield from self._apply(reply)
                    self._deltas.remember(data, reply)
                    self._read_location(value.get("conversation_id"), message.get("id"))
            case {"v": _} | {"p": _} | {"o": _} | {"type": str()}:
                self._is_new_format = True
            case _:
                pass  # Notices that are not for a person, and noise.

    def _read_location(self, conversation_id: object, message_id: object) -> None:
        match conversation_id, message_id:
            case str(), str() if conversation_id and message_id:
                self.location = RemoteIdAssigned(
                    replace_surrogates(conversation_id), replace_surrogates(message_id)
                )
            case _:
                pass

    def _apply(self, message: AssistantMessage) -> Iterator[StreamEvent]:
        self._completion = message.completion
        if message.text is not None:
            self._unread = UnreadPieces(*_MARKS)  # It repeats what was lost.
            yield from self._text.update(message.message_id, message.text)
        if len(self._text) > _MAX_MESSAGES:
            raise BadReply("The service answered with too many messages.")

    def _read_moderation(
        self, verdict: dict[str, object], *, of_reply: bool
    ) -> Iterator[StreamEvent]:
        what = "this reply" if of_reply else "this prompt"
        notice = f"The moderation of the service blocked {what}."
        if verdict.get("blocked") is True and notice not in self._notices:
            self._notices.add(notice)
            yield Notice(notice)

    def _finish_reason(self) -> FinishReason | None:
        """How the reply ended, if it is whole."""
        if isinstance(self._completion, FinishReason) and (self._text or not self._error_body):
            return self._completion
        is_whole = self._done and self._text and self._completion is not Incomplete.INTERRUPTED
        return FinishReason.STOP if is_whole and not self._error_body else None

    def _failure(self) -> ServiceError:
        error = self._error_body
        if error is None and self._unread.error_text:
            error = parse_error_body(self._unread.error_text.encode(errors="replace"))
        if error:
            return classify_error(error, _SERVICE, error.retry_after) or ServiceError(
                error.sentence(f"{_SERVICE} broke off the reply")
            )
        if self._text:
            return ReplyCut("The reply broke off before its end.")
        if self._notices:
            return RequestRefused(" ".join(sorted(self._notices)))
        if self._is_new_format:
            return Unsupported(
                f"{_SERVICE} answers in a newer format that this program cannot read."
            )
        if self._done:
            return BadReply(f"{_SERVICE} ended its reply without a word.")
        return ReplyCut("The stream ended before a word of the reply came.")


def _is_error(value: dict[str, object]) -> bool:
    match value:
        case {"error": error} if error:
            return True
        case {"message": dict()}:
            return False
        case {"detail": error} if error:
            return True
        case {"code": _, "message": str()}:
            return True
        case _:
            return False
