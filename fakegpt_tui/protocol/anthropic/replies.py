"""Replies as messages, streamed in blocks or whole; and what else is answered: models, errors.

https://platform.claude.com/docs/en/api/errors, https://platform.claude.com/docs/en/api/models-list
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from json.encoder import encode_basestring_ascii
from typing import Any, Final

from fakegpt_tui.domain import (
    FakeGPTError,
    FinishReason,
    MediaReceived,
    Model,
    PartAdded,
    ReasoningDelta,
    ReplyCut,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Usage,
)
from fakegpt_tui.domain.media_types import media_type
from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.protocol.anthropic.requests import MessageRequest
from fakegpt_tui.protocol.client_protocols import ReplyProgress, error_status

_STOP_REASONS: Final = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "refusal",
}
_TIERS: Final = {"standard", "priority", "batch"}
_EMPTY: Final[dict[str, dict[str, object]]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}
_TEXT_TAIL: Final = "}}\n\n"


class MessageEncoder:
    """Turns domain events into the events of one streamed message, and keeps none of its text.

    `prompt_tokens` is told until the service tells something else.
    """

    def __init__(
        self, request: MessageRequest, *, reply_id: str, model: str, prompt_tokens: int = 0
    ) -> None:
        self._request = request
        self._reply_id = reply_id
        self._model = model
        self._progress = ReplyProgress(prompt_tokens)
        self._index = -1
        self._open = ""
        self._text_head = ""

    def start(self) -> list[bytes]:
        """The message without its content."""
        usage = usage_body(Usage(self._progress.prompt_tokens, 0))
        message = _message_body(self._reply_id, self._model, [], None, usage)
        return [_event("message_start", message=message)]

    def encode(self, event: StreamEvent) -> list[bytes]:
        """The events for `event`; none if the protocol has none for it.

        Raises:
            BadReply: The event rewrites what was sent already.
        """
        match event:
            case TextDelta(text):
                return self._say(text)
            case TextReplaced():
                return self._say(self._progress.added(event))
            case ReasoningDelta(text) if self._request.shows_thinking:
                return self._add("thinking", {"type": "thinking_delta", "thinking": text})
            case PartAdded(CitationPart(url=str(url)) as part) if url:
                cited = {"type": "citations_delta", "citation": _citation(part)}
                return self._add("text", cited)
            case MediaReceived(data):
                return self._begin("image", _picture(data))
            case _:
                self._progress.note(event)
                return []

    def finish(self) -> list[bytes]:
        """The end of the reply; an error if no `ReplyEnded` came before."""
        reason = self._progress.reason
        if reason is None:
            return self.fail(ReplyCut("The reply broke off before its end."))
        delta, usage = _ending(reason), usage_body(self._progress.usage)
        ended = _event("message_delta", delta=delta, usage=usage)
        return [*self._close(), ended, _event("message_stop")]

    def fail(self, error: FakeGPTError) -> list[bytes]:
        """The end of a reply that failed: an error, and no end marker."""
        return [_event("error", **message_error_body(error))]

    def _say(self, text: str) -> list[bytes]:
        """As `_add`, for what most events are."""
        self._progress.length += len(text)
        before = [] if self._open == "text" else self._begin("text")
        text_event = f"{self._text_head}{encode_basestring_ascii(text)}{_TEXT_TAIL}"
        return [*before, text_event.encode()]

    def _add(self, kind: str, delta: Mapping[str, object]) -> list[bytes]:
        """Lengthen a block of a kind, a new one where another one is open."""
        before = [] if self._open == kind else self._begin(kind)
        return [*before, _event("content_block_delta", index=self._index, delta=delta)]

    def _begin(self, kind: str, block: Mapping[str, object] | None = None) -> list[bytes]:
        """Begin a block of a kind, which is empty where there is none that comes at once."""
        closed = self._close()
        self._index, self._open = self._index + 1, kind
        head = {"type": "content_block_delta", "index": self._index}
        self._text_head = (
            f"event: content_block_delta\ndata: {json.dumps(head)[:-1]}, "
            '"delta": {"type": "text_delta", "text": '
        )
        begun = _event(
            "content_block_start", index=self._index, content_block=block or _EMPTY[kind]
        )
        return [*closed, begun]

    def _close(self) -> list[bytes]:
        if not self._open:
            return []
        self._open = ""
        return [_event("content_block_stop", index=self._index)]


@dataclass(slots=True, kw_only=True)
class WholeMessage:
    """A message that is sent whole, as it grows."""

    request: MessageRequest
    reply_id: str
    model: str
    _blocks: list[dict[str, Any]] = field(default_factory=list)

    def add(self, event: StreamEvent) -> None:
        """Apply an event; what this form cannot say is left out."""
        match event:
            case TextDelta(text):
                self._block("text")["text"].append(text)
            case TextReplaced(keep, text):
                self._keep_text(keep)
                self._block("text")["text"].append(text)
            case ReasoningDelta(text) if self.request.shows_thinking:
                self._block("thinking")["thinking"].append(text)
            case PartAdded(CitationPart(url=str(url)) as part) if url:
                self._block("text").setdefault("citations", []).append(_citation(part))
            case MediaReceived(data):
                self._blocks.append(_picture(data))
            case _:
                pass

    def body(self, reason: FinishReason, usage: Usage) -> dict[str, object]:
        """The message as it ended, and what it took."""
        joined = [_joined(block) for block in self._blocks]
        return _message_body(self.reply_id, self.model, joined, reason, usage_body(usage))

    def _block(self, kind: str) -> dict[str, Any]:
        """The last block if it is of that kind, or else a new one; its text is a list of pieces."""
        if not self._blocks or self._blocks[-1]["type"] != kind:
            self._blocks.append({**_EMPTY[kind], kind: []})
        return self._blocks[-1]

    def _keep_text(self, keep: int) -> None:
        """Drop what lies behind the first `keep` code points of the text."""
        for index, block in enumerate(self._blocks):
            if block["type"] == "text":
                text = "".join(block["text"])
                block["text"] = [text[:keep]]
                if len(text) > keep:
                    del self._blocks[index + 1 :]
                    return
                keep -= len(text)


def usage_body(usage: Usage) -> dict[str, object]:
    """The usage of a message; what the upstream does not tell is left out."""
    body: dict[str, object] = {
        "input_tokens": usage.fresh or 0,
        "output_tokens": usage.output or 0,
    }
    cached = {
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write,
    }
    body |= {name: count for name, count in cached.items() if count is not None}
    if usage.reasoning is not None:
        body["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    if usage.searches is not None:
        searches = {"web_search_requests": usage.searches, "web_fetch_requests": 0}
        body["server_tool_use"] = searches
    return body | ({"service_tier": usage.tier} if usage.tier in _TIERS else {})


def _message_body(
    reply_id: str,
    model: str,
    content: list[dict[str, Any]],
    reason: FinishReason | None,
    usage: Mapping[str, object],
) -> dict[str, object]:
    head = {"id": reply_id, "type": "message", "role": "assistant", "model": model}
    return {**head, "content": content, **_ending(reason), "usage": usage}


def _ending(reason: FinishReason | None) -> dict[str, object]:
    """Why a message ended; which text of `stop_sequences` ended it is not known here."""
    is_refusal = reason is FinishReason.CONTENT_FILTER
    details = {"type": "refusal", "category": None, "explanation": None} if is_refusal else None
    word = None if reason is None else _STOP_REASONS[reason]
    return {"stop_reason": word, "stop_sequence": None, "stop_details": details}


def _joined(block: dict[str, Any]) -> dict[str, Any]:
    """A block with its pieces as one text."""
    kind = block["type"]
    return {**block, kind: "".join(block[kind])} if kind in _EMPTY else block


def _picture(data: bytes) -> dict[str, Any]:
    """A picture of a model, in the form that the protocol has for those of prompts."""
    source = {"type": "base64", "media_type": media_type(data), "data": b64encode(data).decode()}
    return {"type": "image", "source": source}


def _citation(part: CitationPart) -> dict[str, object]:
    """A source that a reply names."""
    where = {"type": "web_search_result_location", "url": part.url, "title": part.title or None}
    return {**where, "cited_text": part.quote, "encrypted_index": ""}


def _event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


_KINDS: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded_error",
    HTTPStatus.GATEWAY_TIMEOUT: "timeout_error",
}
_UNKNOWN_DATE: Final = "1970-01-01T00:00:00Z"
"""What the protocol says where the date is not known."""


def message_error_body(error: FakeGPTError) -> dict[str, object]:
    """The error of a reply, by the status that it has for clients of every API."""
    return message_error_fields(str(error), error_status(error))


def message_error_fields(sentence: str, status: int) -> dict[str, object]:
    """The form of all errors, by status."""
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = _KINDS.get(status, "api_error" if is_ours else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": sentence}}


def message_model_body(model: Model) -> dict[str, object]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.title or model.id,
        "created_at": _UNKNOWN_DATE,
        "lifecycle": "active",
        "max_input_tokens": model.window,
        "max_tokens": model.max_output,
    }


def message_model_list_body(models: Sequence[Model]) -> dict[str, object]:
    """All models at once, as the only page."""
    ids = [model.id for model in models]
    return {
        "data": [message_model_body(model) for model in models],
        "has_more": False,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }
