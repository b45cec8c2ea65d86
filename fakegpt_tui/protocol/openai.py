"""Chat completions as a server has them: requests read, replies, chunks, models and errors written.

https://platform.openai.com/docs/api-reference/chat
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from json.encoder import encode_basestring_ascii
from typing import Final

from fakegpt_tui.domain import (
    BadReply,
    ContextMessage,
    FakeGPTError,
    FinishReason,
    GenerationSettings,
    MediaReceived,
    Model,
    PartAdded,
    PromptTooLong,
    RateLimited,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Unreachable,
    Usage,
    UsageReported,
)
from fakegpt_tui.protocol.completion_content import (
    ContentParser,
    InvalidContent,
    part_deltas,
    picture_delta,
)
from fakegpt_tui.protocol.completion_settings import InvalidSettingField, read_client_settings
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_MAX_MESSAGES: Final = 1000
_MAX_NAME_LENGTH: Final = 200
_TEXT_TAIL: Final = '}, "finish_reason": null}]}\n\n'
_DONE: Final = b"data: [DONE]\n\n"

_FOREIGN: Final = {
    *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers"),
    *("custom_llm_provider", "organization", "proxy", "backend", "upstream"),
}
"""Fields by which a client would choose where its request goes, and with which key."""

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


class InvalidCompletionRequest(RequestRefused):
    """A request that cannot be read or done; `param` is the field."""

    def __init__(self, sentence: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(sentence)
        self.param = param
        self.code = code


class ModelNotFound(InvalidCompletionRequest):
    """There is no model of the name in the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """A request for a chat completion; an empty `model` is the host's choice."""

    messages: tuple[ContextMessage, ...]
    model: str
    generation: GenerationSettings
    is_streamed: bool
    includes_usage: bool
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """The bytes of pictures and files in the messages, by their digest."""


def read_completion_request(body: object) -> CompletionRequest:
    """Read a parsed JSON body. Unknown fields are ignored, and null counts as absent.

    Raises:
        InvalidCompletionRequest: It cannot be read, or asks for what cannot be done.
    """
    if not isinstance(body, dict):
        raise InvalidCompletionRequest("The body must be a JSON object.")
    _refuse_fields(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not 0 < len(messages) <= _MAX_MESSAGES:
        raise InvalidCompletionRequest(
            f"messages must be a list of 1 to {_MAX_MESSAGES} messages.", "messages"
        )
    model = body.get("model") or ""
    if not isinstance(model, str) or len(model) > _MAX_NAME_LENGTH:
        raise InvalidCompletionRequest("model must be the name of a model.", "model")
    is_streamed = body.get("stream") is True
    options = body.get("stream_options")
    if options is not None and not (is_streamed and isinstance(options, dict)):
        raise InvalidCompletionRequest(
            "stream_options is an object, and only for streams.", "stream_options"
        )
    try:
        generation = read_client_settings(body)
    except InvalidSettingField as error:
        raise InvalidCompletionRequest(str(error), error.param) from error
    reader = ContentParser()
    return CompletionRequest(
        messages=tuple(_message(message, index, reader) for index, message in enumerate(messages)),
        blobs=reader.blobs,
        model=replace_surrogates(model),
        generation=generation,
        is_streamed=is_streamed,
        includes_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _refuse_fields(body: Mapping[str, object]) -> None:
    for name in sorted(_FOREIGN & body.keys()):
        raise InvalidCompletionRequest(f"{name} is not for clients of this host to set.", name)
    for name, usual in _UNSUPPORTED.items():
        if body.get(name) not in usual:
            raise InvalidCompletionRequest(f"This host cannot do what {name} asks for.", name)


def _message(message: object, index: int, reader: ContentParser) -> ContextMessage:
    where = f"messages[{index}]"
    match message:
        case {"tool_calls": [_, *_]}:
            raise InvalidCompletionRequest(f"{where} has calls of tools.", where)
        case {"role": str(role), "content": content} if role in _ROLES:
            try:
                text, parts = reader.read(content)
            except InvalidContent as error:
                raise InvalidCompletionRequest(f"{where}.content {error}.", where) from error
            return ContextMessage(role, text, parts=parts)
        case _:
            roles = ", ".join(sorted(_ROLES))
            raise InvalidCompletionRequest(
                f"{where} must have content and a role, one of {roles}.", where
            )


@dataclass(slots=True, kw_only=True)
class ReplyText:
    """A reply that is sent whole, as it grows."""

    text_parts: list[str] = field(default_factory=list)
    usage: Usage | None = None
    reason: FinishReason | None = None

    def add(self, event: StreamEvent) -> None:
        """Apply an event; what this form cannot say is left out."""
        match event:
            case TextDelta(text):
                self.text_parts.append(text)
            case TextReplaced(keep, text):
                self.text_parts = ["".join(self.text_parts)[:keep] + text]
            case UsageReported(usage):
                self.usage = usage
            case ReplyEnded(reason):
                self.reason = reason
            case _:
                pass


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
        self._prompt_tokens = prompt_tokens
        self._length = 0
        self._usage: Usage | None = None
        self._reason: FinishReason | None = None
        head = {"id": reply_id, "object": "chat.completion.chunk", "created": created_at}
        self._head = f"data: {json.dumps({**head, 'model': model})[:-1]}, "
        self._text_head = f'{self._head}"choices": [{{"index": 0, "delta": {{"content": '

    def start(self) -> list[bytes]:
        """The first chunk, which has the role."""
        return [self._chunk({"role": "assistant", "content": ""})]

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
                return [self._text_chunk(self._added(event))]
            case UsageReported(usage):
                self._usage = usage
            case ReplyEnded(reason):
                self._reason = reason
            case _:
                pass
        return []

    def finish(self) -> list[bytes]:
        """The end of the reply; an error if no `ReplyEnded` came before."""
        if self._reason is None:
            return self.fail(ReplyCut("The reply broke off before its end."))
        parts = [self._chunk({}, self._reason.value)]
        if self._request.includes_usage:
            usage = usage_body(self._usage or self._estimate())
            parts.append(f'{self._head}"choices": [], "usage": {json.dumps(usage)}}}\n\n'.encode())
        return [*parts, _DONE]

    def fail(self, error: FakeGPTError) -> list[bytes]:
        """The end of a reply that failed: an error, and no end marker."""
        return [f"data: {json.dumps(completion_error_body(error))}\n\n".encode()]

    def _added(self, replaced: TextReplaced) -> str:
        if replaced.keep != self._length:
            raise BadReply("The service rewrote its reply, which this protocol cannot say.")
        return replaced.text

    def _estimate(self) -> Usage:
        return Usage(self._prompt_tokens, math.ceil(self._length / 4))

    def _text_chunk(self, text: str) -> bytes:
        """As `_chunk`, for what most chunks are."""
        self._length += len(text)
        return f"{self._text_head}{encode_basestring_ascii(text)}{_TEXT_TAIL}".encode()

    def _chunk(self, delta: Mapping[str, object], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return f'{self._head}"choices": [{json.dumps(choice)}]}}\n\n'.encode()


def completion_body(
    reply: ReplyText, *, reply_id: str, created_at: int, model: str, estimate: Usage
) -> dict[str, object]:
    """The body of a completion that was not streamed."""
    message = {"role": "assistant", "content": "".join(reply.text_parts), "refusal": None}
    reason = reply.reason.value if reply.reason else None
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return {
        "id": reply_id,
        "object": "chat.completion",
        "created": created_at,
        "model": model,
        "choices": [choice],
        "usage": usage_body(reply.usage or estimate),
    }


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


def completion_status(error: FakeGPTError) -> int:
    """The status by which clients tell what kind of error this is, and whether to try again.

    A refusal of the host's own login at the service is not one of the client's key.
    """
    match error:
        case ModelNotFound():
            return HTTPStatus.NOT_FOUND
        case RequestRefused() | PromptTooLong():
            return HTTPStatus.BAD_REQUEST
        case RateLimited():
            return HTTPStatus.TOO_MANY_REQUESTS
        case Unreachable():
            return HTTPStatus.GATEWAY_TIMEOUT
        case _:
            return HTTPStatus.BAD_GATEWAY


def completion_error_body(error: FakeGPTError) -> dict[str, object]:
    """The error as clients of the protocol read it."""
    match error:
        case InvalidCompletionRequest(param=param, code=code):
            pass
        case PromptTooLong():
            param, code = "messages", "context_length_exceeded"
        case RateLimited():
            param, code = None, "rate_limit_exceeded"
        case _:
            param, code = None, None
    return error_fields(str(error), completion_status(error), param=param, code=code)


def error_fields(
    sentence: str, status: int, *, param: str | None = None, code: str | None = None
) -> dict[str, object]:
    """The form of all errors, by status."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server_error" if is_ours else kinds.get(status, "invalid_request_error")
    return {"error": {"message": sentence, "type": kind, "param": param, "code": code}}
