"""Reading a streamed reply, as the client receives it."""

from collections.abc import Iterable, Iterator
from typing import Final

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
from fakegpt_tui.text import replace_surrogates
from fakegpt_tui.wire.answers import Answer, Ending, Unended, read_answer
from fakegpt_tui.wire.complaints import Complaint, complaint_of, read_complaint
from fakegpt_tui.wire.json_text import parsed
from fakegpt_tui.wire.repeats import Repeats
from fakegpt_tui.wire.reply_text import ReplyText
from fakegpt_tui.wire.troubles import known_trouble, sentence

_END_MARKER: Final = "[DONE]"
_NEWER_EVENTS: Final = ("delta", "delta_encoding")
_MOST_MESSAGES: Final = 1000
_WHO: Final = "The service"


class ReplyReader:
    """Turns the events of one reply into domain events, and judges how it ended.

    The reply's text is the text of each message of the turn, in the order in which they first
    appeared, with a blank line between; `TextReplaced.keep` counts from the start of all of it.
    """

    def __init__(self) -> None:
        self.located: RemoteIdAssigned | None = None
        """Where the service says that the newest message of the reply is kept."""
        self._text = ReplyText()
        self._repeats = Repeats()
        self._ending: Ending | None = None
        self._complaint: Complaint | None = None
        self._notices: set[str] = set()
        self._is_newer = False
        self._done = False

    @property
    def done(self) -> bool:
        """Has the end marker come? Nothing after it counts; stop reading and close."""
        return self._done

    def read(self, event: str, data: str) -> list[StreamEvent]:
        """What one server event means. Never `ReplyEnded`: only `finish` can tell.

        Raises:
            BadReply: The reply is made of absurdly many messages.
        """
        return list(self.read_all([(event, data)]))

    def read_all(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        """What server events mean that came together, each with its name and its data.

        Of the messages that grow, only the newest text is read; nothing else is passed over.

        Raises:
            ServiceError: What `read` raises, and what comes out of `server_events`, after all that
                was told before it.
        """
        try:
            yield from self._read_each(server_events)
        except ServiceError:
            yield from self._catch_up()
            raise
        yield from self._catch_up()

    def finish(self) -> list[StreamEvent]:
        """The last events of the reply, ending in `ReplyEnded`; for when the stream is over.

        Call it however the stream ended, also after a cut: a reply that proved whole is whole, and
        anything that was not is raised.

        Raises:
            ServiceError: The error that the stream told, in the class it has over HTTP.
            RequestRefused: Moderation blocked it before a word came.
            Unsupported: All that came was of a newer format.
            BadReply: The service ended the reply without a word.
            ReplyCut: The stream ended before the reply did.
        """
        halves = self._text.settle()
        reason = self._finish_reason()
        if reason is None:
            raise self._trouble()
        return [*halves, ReplyEnded(reason)]

    def _read_each(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        for event, data in server_events:
            if self._done:
                break
            if event == "message" and self._repeats.hold(data):
                continue
            yield from self._catch_up()
            yield from self._read(event, data)

    def _catch_up(self) -> Iterator[StreamEvent]:
        for answer in self._repeats.newest():
            yield from self._grow(answer)

    def _read(self, event: str, data: str) -> Iterator[StreamEvent]:
        if event == "ping":
            return
        if data.strip() == _END_MARKER:
            self._done = True
            return
        if event in _NEWER_EVENTS:
            self._is_newer = True
            return
        value = parsed(data)
        if isinstance(value, dict):
            yield from self._read_object(value, data)
        elif event == "error":
            self._complaint = read_complaint(data.encode(errors="replace"))

    def _read_object(self, value: dict[str, object], data: str) -> Iterator[StreamEvent]:
        if _tells_error(value):
            self._complaint = complaint_of(value)
        match value:
            case {"moderation_response": dict(verdict), **rest}:
                yield from self._judge(verdict, of_reply=rest.get("is_completion") is not False)
            case {"type": "moderation"}:
                yield from self._judge(value, of_reply=value.get("is_completion") is not False)
            case {"type": "title_generation", "title": str(title)} if title.strip():
                yield TitleSuggested(replace_surrogates(title.strip()))
            case {"message": dict(message)}:
                if answer := read_answer(message):
                    yield from self._grow(answer)
                    self._repeats.learn(data, answer)
                    self._locate(value.get("conversation_id"), message.get("id"))
            case {"v": _} | {"p": _} | {"o": _} | {"type": str()}:
                self._is_newer = True
            case _:
                pass  # Notices that say nothing to a person, and noise.

    def _locate(self, conversation_id: object, message_id: object) -> None:
        match conversation_id, message_id:
            case str(), str() if conversation_id and message_id:
                self.located = RemoteIdAssigned(
                    replace_surrogates(conversation_id), replace_surrogates(message_id)
                )
            case _:
                pass

    def _grow(self, answer: Answer) -> Iterator[StreamEvent]:
        self._ending = answer.ending
        if answer.text is not None:
            yield from self._text.update(answer.message_id, answer.text)
        if len(self._text) > _MOST_MESSAGES:
            raise BadReply("The service answered with absurdly many messages at once.")

    def _judge(self, verdict: dict[str, object], *, of_reply: bool) -> Iterator[StreamEvent]:
        what = "this reply" if of_reply else "this prompt"
        notice = f"The moderation of the service blocked {what}."
        if verdict.get("blocked") is True and notice not in self._notices:
            self._notices.add(notice)
            yield Notice(notice)

    def _finish_reason(self) -> FinishReason | None:
        """How the reply ended, if it is whole."""
        if isinstance(self._ending, FinishReason) and (self._text or not self._complaint):
            return self._ending
        is_whole = self._done and self._text and self._ending is not Unended.INTERRUPTED
        return FinishReason.STOP if is_whole and not self._complaint else None

    def _trouble(self) -> ServiceError:
        if self._complaint:
            return known_trouble(self._complaint, _WHO, self._complaint.clears_in) or ServiceError(
                sentence(f"{_WHO} broke off the reply", self._complaint)
            )
        if self._text:
            return ReplyCut("The reply broke off before its end.")
        if self._notices:
            return RequestRefused(" ".join(sorted(self._notices)))
        if self._is_newer:
            return Unsupported(f"{_WHO} answers in a newer format that this program cannot read.")
        if self._done:
            return BadReply(f"{_WHO} ended its reply without a word.")
        return ReplyCut("The stream ended before a word of the reply came.")


def _tells_error(value: dict[str, object]) -> bool:
    match value:
        case {"error": told} if told:
            return True
        case {"message": dict()}:
            return False
        case {"detail": told} if told:
            return True
        case {"code": _, "message": str()}:
            return True
        case _:
            return False
