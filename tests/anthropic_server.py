"""A fake server of the Anthropic Messages API: the fault server, with its words."""

import json
from typing import Any

from fakegpt_tui.backends.anthropic import AnthropicBackend
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.domain import FinishReason, Secret, Service, ServiceKind, TimeLimits
from fakegpt_tui.http.clients import Transport
from tests.fault_server import Send, Step, json_reply
from tests.openai_server import MODELS, stream
from tests.signed_in import Waits

__all__ = ["MODELS", "stream"]

MESSAGES = "/v1/messages"
KEY = "sk-ant-api03-canary-key-0123456789abcdef"


def event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n".encode()


def message(*blocks: object, reason: str | None = None, **fields: object) -> dict[str, Any]:
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "model-1",
        "content": list(blocks),
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 1},
    } | fields


def begins(**usage: int) -> bytes:
    counts = {"input_tokens": 7, "output_tokens": 1} | usage
    return event("message_start", message=message(usage=counts))


_EMPTY: dict[str, dict[str, object]] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
}


def starts(index: int = 0, kind: str = "text", **fields: object) -> bytes:
    block = {"type": kind} | _EMPTY.get(kind, {}) | fields
    return event("content_block_start", index=index, content_block=block)


def delta(kind: str, index: int = 0, **fields: object) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind} | fields)


def says(text: str, index: int = 0) -> bytes:
    return delta("text_delta", index, text=text)


def thinks(text: str, index: int = 0) -> bytes:
    return delta("thinking_delta", index, thinking=text)


def signs(signature: str, index: int = 0) -> bytes:
    return delta("signature_delta", index, signature=signature)


def stops(index: int = 0) -> bytes:
    return event("content_block_stop", index=index)


def ends(reason: str | None = "end_turn", details: object = None, **usage: int) -> bytes:
    """The reason and the end of a message."""
    changed = {"stop_reason": reason, "stop_sequence": None, "stop_details": details}
    counts = {"output_tokens": 3} | usage
    return event("message_delta", delta=changed, usage=counts) + event("message_stop")


def failed(kind: str = "overloaded_error", words: str = "Overloaded") -> bytes:
    return event("error", error={"type": kind, "message": words}, request_id="req_1")


PING = event("ping")
REASONS = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "refusal",
}


def block(index: int, kind: str, *deltas: bytes, **fields: object) -> bytes:
    return starts(index, kind, **fields) + b"".join(deltas) + stops(index)


def replies(*texts: str) -> list[Step]:
    """A healthy reply of `texts`."""
    return stream(begins(), PING, starts(), *map(says, texts), stops(), ends())


def refuses(
    status: int, message: str = "", kind: str = "invalid_request_error", **headers: str
) -> list[Step]:
    """An error in the form of this protocol."""
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [Send(json_reply(body, status=status, headers=named))]


def lists(*models: dict[str, object], more: bool = False) -> list[Step]:
    data = [{"type": "model", "display_name": str(each["id"]).title()} | each for each in models]
    ends_at = data[-1]["id"] if data else None
    return [Send(json_reply({"data": data, "has_more": more, "last_id": ends_at}))]


def service(url: str, *, limits: TimeLimits | None = None, **changes: Any) -> Service:
    made = {"model": "model-1", **changes}
    return Service(
        name="fake", kind=ServiceKind.ANTHROPIC, url=url, limits=limits or TimeLimits(), **made
    )


def backend_for(
    configured: Service, *, key: str | None = KEY, waits: Waits | None = None
) -> AnthropicBackend:
    """A backend that has its key and wastes no time on waiting."""
    secret = None if key is None else Secret(key)
    return AnthropicBackend(
        Transport(configured),
        ApiKey(lambda: secret, header=configured.key_header or configured.kind.key_header),
        retries=(waits or Waits()).retries(),
    )
