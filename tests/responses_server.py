"""A fake server of the OpenAI Responses API: the fault server, with the words of that protocol."""

import json
from typing import Any

from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.responses import ResponsesBackend
from fakegpt_tui.domain import FinishReason, Secret, Service, ServiceKind, TimeLimits
from fakegpt_tui.http.clients import Transport
from tests.fault_server import Step
from tests.openai_server import KEY, MODELS, lists, refuses, stream
from tests.signed_in import Waits

__all__ = ["KEY", "MODELS", "lists", "refuses", "stream"]

RESPONSES = "/v1/responses"
ID = "resp_0a1"


def event(kind: str, **fields: object) -> bytes:
    """An event as the service sends it: its type in both places."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n".encode()


def response(status: str = "completed", **fields: object) -> dict[str, Any]:
    """A response object."""
    return {
        "id": ID,
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "model-1",
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
    } | fields


def usage(prompt: int, reply: int, **details: int) -> dict[str, Any]:
    return {
        "input_tokens": prompt,
        "input_tokens_details": {
            "cached_tokens": details.get("cached", 0),
            "cache_write_tokens": details.get("written", 0),
        },
        "output_tokens": reply,
        "output_tokens_details": {"reasoning_tokens": details.get("reasoning", 0)},
        "total_tokens": prompt + reply,
    }


def message(text: str, *, of: str = "msg_1", status: str = "completed", **more: object) -> Any:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"id": of, "type": "message", "role": "assistant", "status": status, "content": [part]}
    return item | more


def reasoning(*summary: str, encrypted: str | None = None, of: str = "rs_1") -> dict[str, Any]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    item: dict[str, Any] = {"id": of, "type": "reasoning", "summary": parts}
    return item if encrypted is None else item | {"encrypted_content": encrypted}


def created() -> bytes:
    return event("response.created", response=response("in_progress"), sequence_number=0)


def opens(index: int = 0, **item: object) -> bytes:
    """A message begins."""
    made = message("", status="in_progress", of=f"msg_{index}") | {"content": []} | item
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    place = {"item_id": f"msg_{index}", "output_index": index, "content_index": 0}
    return event("response.output_item.added", output_index=index, item=made) + event(
        "response.content_part.added", part=part, **place
    )


def says(text: str, index: int = 0, **more: object) -> bytes:
    return event(
        "response.output_text.delta",
        item_id=f"msg_{index}",
        output_index=index,
        content_index=0,
        delta=text,
        logprobs=[],
        **more,
    )


def said(text: str, index: int = 0) -> bytes:
    return event(
        "response.output_text.done",
        item_id=f"msg_{index}",
        output_index=index,
        content_index=0,
        text=text,
        logprobs=[],
    )


def item_done(item: dict[str, Any], index: int = 0) -> bytes:
    return event("response.output_item.done", output_index=index, item=item)


def thinks(text: str, index: int = 0, summary: int = 0) -> bytes:
    return event(
        "response.reasoning_summary_text.delta",
        item_id="rs_1",
        output_index=index,
        summary_index=summary,
        delta=text,
    )


def completed(**fields: object) -> bytes:
    return event("response.completed", response=response(**fields))


def incomplete(reason: str | None, **fields: object) -> bytes:
    details = None if reason is None else {"reason": reason}
    made = response("incomplete", incomplete_details=details, **fields)
    return event("response.incomplete", response=made)


def failed(code: str = "server_error", words: str = "Something broke.") -> bytes:
    error = {"code": code, "message": words}
    return event("response.failed", response=response("failed", error=error))


def end(reason: FinishReason = FinishReason.STOP) -> bytes:
    match reason:
        case FinishReason.STOP:
            return completed()
        case FinishReason.LENGTH:
            return incomplete("max_output_tokens")
        case FinishReason.CONTENT_FILTER:
            return incomplete("content_filter")


def replies(*texts: str) -> list[Step]:
    """A healthy reply of `texts`."""
    whole = "".join(texts)
    last = (said(whole), item_done(message(whole, of="msg_0")))
    return stream(
        created(), opens(), *map(says, texts), *last,
        completed(output=[message(whole, of="msg_0")], usage=usage(7, 3)),
    )  # fmt: skip


def service(url: str, *, limits: TimeLimits | None = None, **changes: Any) -> Service:
    made = {"model": "model-1", **changes}
    return Service(
        name="fake", kind=ServiceKind.RESPONSES, url=url, limits=limits or TimeLimits(), **made
    )


def backend_for(
    configured: Service, *, key: str | None = KEY, waits: Waits | None = None
) -> ResponsesBackend:
    """A backend that has its key and wastes no time on waiting."""
    secret = None if key is None else Secret(key)
    return ResponsesBackend(
        Transport(configured), ApiKey(lambda: secret), retries=(waits or Waits()).retries()
    )
