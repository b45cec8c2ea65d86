"""Encoder for streamed replies: domain events in, server-sent events out."""

import json
from datetime import datetime
from typing import Final

from fakegpt_tui.domain import (
    FakeGPTError,
    FinishReason,
    MediaReceived,
    ModelChosen,
    Notice,
    OriginReported,
    PartAdded,
    RateLimited,
    ReasoningDelta,
    RemoteIdAssigned,
    ReplyCut,
    ReplyEnded,
    RetryScheduled,
    Role,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    ToolStarted,
    UsageReported,
    new_id,
)
from fakegpt_tui.domain.captions import captions
from fakegpt_tui.domain.media_types import identify
from fakegpt_tui.domain.parts import Blob, CitationPart, ImagePart
from fakegpt_tui.protocol.fakegpt.errors import error_code, error_message
from fakegpt_tui.protocol.fakegpt.requests import ConversationRequest
from fakegpt_tui.text import safe_line

PING: Final = b": ping\n\n"
"""A comment that keeps a silent stream alive; many clients cannot read pings with data."""

_FINISHED: Final = "finished_successfully"
_END: Final = b"data: [DONE]\n\n"
_SOURCE: Final = 2_000
"""Characters of a source, whose address should not be cut."""
_FINISH_DETAILS: Final[dict[FinishReason, dict[str, object]]] = {
    FinishReason.STOP: {"type": "stop", "stop_tokens": [100260]},
    FinishReason.LENGTH: {"type": "max_tokens"},
    FinishReason.CONTENT_FILTER: {"type": "content_filter"},
}


class StreamEncoder:
    """Turns domain events into the events of one streamed reply, each ready to be sent.

    The form is the one that every known client reads: `data: ` with one space, one ASCII-only JSON
    object in a line that starts with `{"message":`, and all of the text so far in each of them.
    Only new text is escaped, not all of it again. Pictures are told in a line where they came, and
    sources below the end, since clients know text alone.
    """

    def __init__(
        self,
        request: ConversationRequest,
        *,
        conversation_id: str,
        reply_id: str,
        created_at: datetime,
    ) -> None:
        self._request = request
        self._conversation_id = conversation_id
        self._reply_id = reply_id
        self._created_at = created_at.timestamp()
        self._escaped = b""
        """All of the text so far; it is kept in this form alone."""
        self._inserted: list[tuple[int, str]] = []
        """What stands for pictures and files, and where in the text of the model."""
        self._sources: list[CitationPart] = []
        self._reason: FinishReason | None = None
        self._around_text = self._split_at_text(self._reply(status="in_progress", end_turn=None))

    def start(self) -> list[bytes]:
        """The events before any text: the echoes of a new conversation, and the empty reply."""
        echoes = self._echo_events() if self._request.conversation_id is None else []
        return [*echoes, self._snapshot()]

    def encode(self, event: StreamEvent) -> list[bytes]:
        """The events for `event`; none if the protocol has none for it."""
        match event:
            case TextDelta(text):
                self._escaped += _escape(text)
                return [self._snapshot()]
            case TextReplaced(keep, text):
                return [self._replace(keep, text)]
            case MediaReceived() | PartAdded():
                return self._tell(event)
            case TitleSuggested(title):
                return [self._title_event(title)]
            case ReplyEnded(reason):
                self._reason = reason
                return []
            case (
                Notice()
                | RetryScheduled()
                | ModelChosen()
                | ReasoningDelta()
                | ToolStarted()
                | OriginReported()
                | UsageReported()
                | RemoteIdAssigned()
            ):
                return []

    def finish(self) -> list[bytes]:
        """The end of the reply; an error if no `ReplyEnded` came before."""
        if self._reason is None:
            return self.fail(ReplyCut("The reply broke off before its end."))
        if sources := [safe_line(each.text, _SOURCE) for each in captions(self._sources)]:
            self._escaped += _escape("\n\n" + "\n".join(sources))
        message = self._reply(
            status=_FINISHED,
            end_turn=self._reason is not FinishReason.LENGTH,
            finish_details=_FINISH_DETAILS[self._reason],
            is_complete=True,
        )
        before, after = self._split_at_text(message)
        return [before + self._escaped + after, self._moderation_event(), _END]

    def fail(self, error: FakeGPTError) -> list[bytes]:
        """The end of a reply that failed; the events before it stay valid."""
        value = {
            "message": None,
            "conversation_id": self._conversation_id,
            "error": error_message(error),
        }
        if code := error_code(error):
            value["code"] = code
        match error:
            case RateLimited(retry_after=float(wait)):
                return [_line({**value, "clears_in": wait}), _END]
            case _:
                return [_line(value), _END]

    def _echo_events(self) -> list[bytes]:
        system = self._message(new_id(), Role.SYSTEM, status=_FINISHED, end_turn=True, weight=0.0)
        request = self._request
        if not request.messages:
            return [self._message_event(system)]
        metadata: dict[str, object] = {"timestamp_": "absolute", "message_type": None}
        user = self._message(request.message_id, Role.USER, status=_FINISHED, metadata=metadata)
        before, after = self._split_at_text(user)
        return [self._message_event(system), before + _escape(request.prompt) + after]

    def _reply(
        self, *, status: str, end_turn: bool | None, **metadata: object
    ) -> dict[str, object]:
        metadata |= {
            "message_type": self._request.action.value,
            "model_slug": self._request.model,
            "parent_id": self._request.message_id,
        }
        return self._message(
            self._reply_id, Role.ASSISTANT, status=status, end_turn=end_turn, metadata=metadata
        )

    def _message(
        self,
        message_id: str,
        role: Role,
        *,
        status: str,
        end_turn: bool | None = None,
        weight: float = 1.0,
        metadata: dict[str, object] | None = None,
    ) -> dict[str, object]:
        return {
            "id": message_id,
            "author": {"role": role.value, "name": None, "metadata": {}},
            "create_time": self._created_at,
            "update_time": None,
            "content": {"content_type": "text", "parts": [""]},
            "status": status,
            "end_turn": end_turn,
            "weight": weight,
            "metadata": metadata or {},
            "recipient": "all",
        }

    def _message_event(self, message: dict[str, object]) -> bytes:
        return _line({"message": message, "conversation_id": self._conversation_id, "error": None})

    def _split_at_text(self, message: dict[str, object]) -> tuple[bytes, bytes]:
        """The event of `message`, whose text is empty, up to its text and from there on."""
        # Inside a JSON string every quotation mark is escaped, so this occurs only once.
        before, mark, after = self._message_event(message).partition(b'"parts": [""]')
        return before + mark[:-2], mark[-2:] + after

    def _snapshot(self) -> bytes:
        before, after = self._around_text
        return b"".join((before, self._escaped, after))

    def _replace(self, keep: int, text: str) -> bytes:
        """A snapshot of which the text of the model is other from there on; no line is lost."""
        said = self._said()[:keep] + text
        self._inserted = [(min(at, len(said)), line) for at, line in self._inserted]
        for at, line in reversed(self._inserted):
            said = said[:at] + line + said[at:]
        self._escaped = _escape(said)
        return self._snapshot()

    def _tell(self, event: MediaReceived | PartAdded) -> list[bytes]:
        if isinstance(event, MediaReceived):
            return [self._insert(_media_line(event))]
        if isinstance(event.part, CitationPart):
            self._sources.append(event.part)
        return []

    def _insert(self, line: str) -> bytes:
        said = self._said()
        line = f"\n\n{line}\n\n" if said or self._inserted else f"{line}\n\n"
        self._inserted.append((len(said), line))
        self._escaped += _escape(line)
        return self._snapshot()

    def _said(self) -> str:
        """The text of the model alone."""
        said = str(json.loads(b'"%b"' % self._escaped))
        for at, line in self._inserted:
            said = said[:at] + said[at + len(line) :]
        return said

    def _title_event(self, title: str) -> bytes:
        value = {"type": "title_generation", "title": title}
        return _line({**value, "conversation_id": self._conversation_id})

    def _moderation_event(self) -> bytes:
        """The verdict of moderation; without a message, as in the original."""
        verdict = {"flagged": False, "blocked": False, "moderation_id": f"modr-{self._reply_id}"}
        value = {"conversation_id": self._conversation_id, "message_id": self._reply_id}
        return _line({**value, "is_completion": True, "moderation_response": verdict})


def _media_line(media: MediaReceived) -> str:
    """A line in place of a picture or file, for which known clients have no form."""
    blob = Blob("", len(media.data), *identify(media.data))
    (caption,) = captions([ImagePart(blob, media.name)])
    return f"[{safe_line(caption.text)} · not carried by this protocol]"


def _line(value: object) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode("ascii")


def _escape(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode("ascii")
