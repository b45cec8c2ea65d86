"""Chat completions as a server has them: requests read, replies, chunks, models and errors written.

https://platform.openai.com/docs/api-reference/chat
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from json.encoder import encode_basestring_ascii
from typing import Final

from fakegpt_tui.domain import (
    ContextMessage,
    FakeGPTError,
    FinishReason,
    MediaReceived,
    Model,
    PartAdded,
    PromptTooLong,
    RateLimited,
    ReasoningDelta,
    ReplyCut,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Usage,
)
from fakegpt_tui.protocol.client_protocols import (
    ClientRequest,
    InvalidClientRequest,
    ReplyProgress,
    check_fields,
    error_status,
    read_generation,
    read_message_list,
    read_model_name,
)
from fakegpt_tui.protocol.completion_content import (
    ContentParser,
    InvalidContent,
    part_deltas,
    picture_delta,
)
from fakegpt_tui.protocol.completion_settings import CLIENT_FIELDS, PASSED_ON

_ROLES: Final = {"system", "developer", "user", "assistant"}
_TEXT_TAIL: Final = '}, "finish_reason": null}]}\n\n'
_ROLE_TAIL: Final = (
    '"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""},'
    ' "finish_reason": null}]}\n\n'
)
_DONE: Final = b"data: [DONE]\n\n"

_UNSUPPORTED: Final[dict[str, tuple[object, ...]]] = {
    "n": (None, 1),
    "tools": (None, []),
    "functions": (None, []),
    "tool_choice": (None, "none", "auto"),
    "audio": (None,),
    "modalities": (None, [], ["text"]),
    "logprobs": (None, False),
}
"""Fields that change what a reply means, with the values that ask for nothing unusual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest(ClientRequest):
    """A request for a chat completion."""

    includes_usage: bool


def read_completion_request(body: object) -> CompletionRequest:
    """Read a parsed JSON body. Unknown fields are ignored, and null counts as absent.

    Raises:
        InvalidClientRequest: It cannot be read, or asks for what cannot be done.
    """
    fields = check_fields(body, _UNSUPPORTED)
    messages, model = read_message_list(fields), read_model_name(fields)
    is_streamed = fields.get("stream") is True
    options = fields.get("stream_options")
    if options is not None and not (is_streamed and isinstance(options, dict)):
        raise InvalidClientRequest(
            "stream_options is an object, and only for streams.", "stream_options"
        )
    generation = read_generation(fields, CLIENT_FIELDS, PASSED_ON)
    reader = ContentParser()
    return CompletionRequest(
        messages=tuple(_message(message, index, reader) for index, message in enumerate(messages)),
        blobs=reader.blobs,
        model=model,
        generation=generation,
        is_streamed=is_streamed,
        includes_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _message(message: object, index: int, reader: ContentParser) -> ContextMessage:
    where = f"messages[{index}]"
    match message:
        case {"tool_calls": [_, *_]}:
            raise InvalidClientRequest(f"{where} has calls of tools.", where)
        case {"role": str(role), "content": content} if role in _ROLES:
            try:
                text, parts = reader.read(content)
            except InvalidContent as error:
                raise InvalidClientRequest(f"{where}.content {error}.", where) from error
            return ContextMessage(role, text, parts=parts)
        case _:
            roles = ", ".join(sorted(_ROLES))
            raise InvalidClientRequest(
                f"{where} must have content and a role, one of {roles}.", where
            )


@dataclass(slots=True, kw_only=True)
class WholeCompletion:
    """A completion that is sent whole, as it grows."""

    reply_id: str
    created_at: int
    model: str
    _text_parts: list[str] = field(default_factory=list)

    def add(self, event: StreamEvent) -> None:
        """Apply an event; what this form cannot say is left out."""
        match event:
            case TextDelta(text):
                self._text_parts.append(text)
            case TextReplaced(keep, text):
                self._text_parts = ["".join(self._text_parts)[:keep] + text]
            case _:
                pass

    def body(self, reason: FinishReason, usage: Usage) -> dict[str, object]:
        """The completion as it ended, and what it took."""
        message = {"role": "assistant", "content": "".join(self._text_parts), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason.value}
        return {
            "id": self.reply_id,
            "object": "chat.completion",
            "created": self.created_at,
            "model": self.model,
            "choices": [choice],
            "usage": usage_body(usage),
        }


class ChunkEncoder:
    """Turns domain events into the chunks of one streamed completion, and keeps none of its text.

    `prompt_tokens` is told where the service tells nothing.
    """

    def __init__(
        self,
        request: CompletionRequest,
        *,
        reply_id: str,
        created_at: int,
        model: str,
        prompt_tokens: int = 0,
    ) -> None:
        self._request = request
        self._progress = ReplyProgress(prompt_tokens)
        self._head = (
            f'data: {{"id": {encode_basestring_ascii(reply_id)}, "created": {created_at}, '
            f'"object": "chat.completion.chunk", "model": {encode_basestring_ascii(model)}, '
        )
        self._text_head = f'{self._head}"choices": [{{"index": 0, "delta": {{"content": '

    def start(self) -> list[bytes]:
        """The first chunk, which has the role."""
        return [f"{self._head}{_ROLE_TAIL}".encode()]

    def encode(self, event: StreamEvent) -> list[bytes]:
        """The chunks for `event`; none if the protocol has none for it.

        Raises:
            BadReply: The event rewrites what was sent already.
        """
        match event:
            case ReasoningDelta(text):
                return [self._chunk({"reasoning_content": text})]
            case MediaReceived():
                return [self._chunk(picture_delta(event))]
            case PartAdded(part):
                return [self._chunk(delta) for delta in part_deltas(part)]
            case TextDelta(text):
                return [self._text_chunk(text)]
            case TextReplaced():
                return [self._text_chunk(self._progress.added(event))]
            case _:
                self._progress.note(event)
                return []

    def finish(self) -> list[bytes]:
        """The end of the reply; an error if no `ReplyEnded` came before."""
        if self._progress.reason is None:
            return self.fail(ReplyCut("The reply broke off before its end."))
        reason = self._progress.reason.value
        choice = f'{{"index": 0, "delta": {{}}, "finish_reason": "{reason}"}}'
        parts = [f'{self._head}"choices": [{choice}]}}\n\n'.encode()]
        if self._request.includes_usage:
            usage = usage_body(self._progress.usage)
            parts.append(f'{self._head}"choices": [], "usage": {json.dumps(usage)}}}\n\n'.encode())
        return [*parts, _DONE]

    def fail(self, error: FakeGPTError) -> list[bytes]:
        """The end of a reply that failed: an error, and no end marker."""
        return [f"data: {json.dumps(completion_error_body(error))}\n\n".encode()]

    def _text_chunk(self, text: str) -> bytes:
        """As `_chunk`, for what most chunks are."""
        self._progress.length += len(text)
        return f"{self._text_head}{encode_basestring_ascii(text)}{_TEXT_TAIL}".encode()

    def _chunk(self, delta: Mapping[str, object]) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        return f'{self._head}"choices": [{json.dumps(choice)}]}}\n\n'.encode()


def usage_body(usage: Usage) -> dict[str, object]:
    """The usage of a completion; what the upstream does not tell is left out."""
    body: dict[str, object] = {
        "prompt_tokens": usage.prompt_tokens or 0,
        "completion_tokens": usage.output or 0,
        "total_tokens": usage.total,
    }
    cached = {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write}
    if known := {name: each for name, each in cached.items() if each is not None}:
        body["prompt_tokens_details"] = known
    if usage.reasoning is not None:
        body["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return body


def model_body(model: Model, created_at: int) -> dict[str, object]:
    return {"id": model.id, "object": "model", "created": created_at, "owned_by": "fakegpt-tui"}


def model_list_body(models: Sequence[Model], created_at: int) -> dict[str, object]:
    return {"object": "list", "data": [model_body(model, created_at) for model in models]}


def completion_error_body(error: FakeGPTError) -> dict[str, object]:
    """The error as clients of the protocol read it."""
    match error:
        case InvalidClientRequest(param=param, code=code):
            pass
        case PromptTooLong():
            param, code = "messages", "context_length_exceeded"
        case RateLimited():
            param, code = None, "rate_limit_exceeded"
        case _:
            param, code = None, None
    return error_fields(str(error), error_status(error), param=param, code=code)


def error_fields(
    sentence: str, status: int, *, param: str | None = None, code: str | None = None
) -> dict[str, object]:
    """The form of all errors, by status."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    code = "invalid_api_key" if status == HTTPStatus.UNAUTHORIZED else code
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server_error" if is_ours else kinds.get(status, "invalid_request_error")
    return {"error": {"message": sentence, "type": kind, "param": param, "code": code}}
