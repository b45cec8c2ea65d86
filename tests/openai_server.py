"""A fake OpenAI-compatible server: the fault server, with the words of that protocol."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.domain import Secret, Service, ServiceKind, TimeLimits
from fakegpt_tui.http.clients import Transport
from tests.fault_server import LAST_CHUNK, FaultServer, Send, Step, chunk, json_reply, stream_head
from tests.signed_in import Waits

CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
DONE = b"data: [DONE]\n\n"
KEY = "sk-canary-key-0123456789abcdef"


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(*, reason: str | None = None, **fields: object) -> bytes:
    """A chunk of a completion; `fields` are those of its delta."""
    choice = {"index": 0, "delta": fields, "finish_reason": reason}
    return event(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "model-1",
            "choices": [choice],
        }
    )


def says(text: str) -> bytes:
    return delta(content=text)


def end(reason: str = "stop") -> bytes:
    return delta(reason=reason)


def usage(prompt: int, reply: int) -> bytes:
    numbers = {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}
    return event({"choices": [], "usage": numbers})


def stream(*events: bytes) -> list[Step]:
    """A response of `events` and nothing else."""
    return [Send(stream_head()), *(Send(chunk(each)) for each in events), Send(LAST_CHUNK)]


def replies(*texts: str) -> list[Step]:
    """A healthy reply of `texts`."""
    return stream(delta(role="assistant"), *map(says, texts), end(), DONE)


def refuses(status: int, message: str = "", *, code: str = "", **headers: str) -> list[Step]:
    """An error in the usual form."""
    body = {"error": {"message": message, "type": "an_error", "param": None, "code": code or None}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [Send(json_reply(body, status=status, headers=named))]


def lists(*models: dict[str, object]) -> list[Step]:
    return [Send(json_reply({"object": "list", "data": [{"object": "model"} | m for m in models]}))]


def service(
    url: str,
    *,
    model: str = "model-1",
    limits: TimeLimits | None = None,
    window: int | None = None,
    prefill: bool = False,
) -> Service:
    return Service(
        name="fake",
        kind=ServiceKind.OPENAI,
        url=url,
        model=model,
        limits=limits or TimeLimits(),
        window=window,
        prefill=prefill,
    )


def backend_for(
    configured: Service, *, key: str | None = KEY, waits: Waits | None = None
) -> OpenAIBackend:
    """A backend that has its key and wastes no time on waiting."""
    secret = None if key is None else Secret(key)
    return OpenAIBackend(
        Transport(configured), ApiKey(lambda: secret), retries=(waits or Waits()).retries()
    )


@asynccontextmanager
async def openai_server() -> AsyncGenerator[FaultServer]:
    """A server that offers one model and has nothing to say yet."""
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "model-1"}))
        yield server
