"""The official clients `openai` and `anthropic` as judges of what we send, and of what we read."""

import asyncio
import json
import os
import random
import re
import subprocess
from typing import Any

import pytest

from fakegpt_tui.domain import NotSignedIn, RateLimited, ServiceKind, Unreachable
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests.backends.anthropic import test_request as of_anthropic
from tests.backends.decoding import Decoded
from tests.backends.recordings import DECODERS, RECORDINGS
from tests.backends.responses import test_request as of_responses
from tests.backends.test_exact_request import DIALECTS, random_request
from tests.fault_server import LAST_CHUNK, Close, FaultServer, Send, chunk, stream_head
from tests.sdks import sdks
from tests.signed_in import outcome, read, text_of

__all__ = ["sdks"]  # the fixture

pytestmark = pytest.mark.long

VALIDATE = """
import json, sys
from pydantic import TypeAdapter
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from anthropic.types.message_create_params import MessageCreateParamsStreaming
KINDS = {
    "openai": CompletionCreateParamsStreaming,
    "responses": ResponseCreateParamsStreaming,
    "anthropic": MessageCreateParamsStreaming,
}
OTHERS = {
    "openai": {"chat_template_kwargs"},  # of model servers, which is what is asked here
    "responses": set(),
    "anthropic": {"temperature", "top_p", "top_k"},  # of the version 2023-06-01
}
ADAPTERS = {kind: TypeAdapter(each) for kind, each in KINDS.items()}
KNOWN = {
    kind: {name for each in made.__mro__ for name in getattr(each, "__annotations__", {})}
    or set(made.__annotations__)
    for kind, made in KINDS.items()
}

def walk(value):
    "Iterables are only validated when they are read."
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        for each in value:
            walk(each)

for line in sys.stdin:
    kind, body = json.loads(line)
    unknown = body.keys() - OTHERS[kind] - KNOWN[kind]
    assert not unknown, (kind, unknown)
    walk(ADAPTERS[kind].validate_python(body))
print("valid")
"""

READ = {
    "openai": """
import openai, sys
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)
asked = dict(model="model-1", messages=[{"role": "user", "content": "Hi"}], stream=True)
for part in client.chat.completions.create(**asked):
    for choice in part.choices:
        sys.stdout.write(choice.delta.content or "")
""",
    "responses": """
import openai, sys
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)
with client.responses.stream(model="model-1", input="Hi") as stream:
    for event in stream:
        if event.type in ("response.completed", "response.incomplete"):
            sys.stdout.write(event.response.output_text)
        elif event.type == "error":
            raise RuntimeError(event.message)
""",
    "anthropic": """
import anthropic, sys
client = anthropic.Anthropic(base_url=sys.argv[1], api_key="x", max_retries=0)
asked = dict(model="model-1", max_tokens=10, messages=[{"role": "user", "content": "Hi"}])
with client.messages.stream(**asked) as stream:
    for text in stream.text_stream:
        sys.stdout.write(text)
""",
}


def judged(python: str, code: str, *arguments: str, given: str = "") -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [python, "-c", code, *arguments], input=given, capture_output=True, text=True,
        encoding="utf-8", check=False, timeout=120, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


FOLLOWED = {ServiceKind.RESPONSES: of_responses, ServiceKind.ANTHROPIC: of_anthropic}


async def bodies(kind: ServiceKind, count: int) -> list[Any]:
    """Bodies of all sorts of requests, with what is sent back unread, too."""
    chance = random.Random(str(kind))
    made = DIALECTS[kind].make("http://127.0.0.1:9")
    found = [(await made.preview(random_request(chance))).json for _ in range(count)]
    if kind in FOLLOWED:
        asked = FOLLOWED[kind].followed(await FOLLOWED[kind].first_origin())
        again = (await made.preview(asked)).json
        assert "b3BhcXVl" in str(again) or "c2ln" in str(again)
        found.append(again)
    return found


async def test_every_body_is_what_the_official_types_allow(sdks: str) -> None:
    kinds = (ServiceKind.OPENAI, ServiceKind.RESPONSES, ServiceKind.ANTHROPIC)
    lines = [json.dumps([kind, body]) for kind in kinds for body in await bodies(kind, 100)]
    told = await asyncio.to_thread(judged, sdks, VALIDATE, given="\n".join(lines))
    assert told == "valid\n"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, streams in RECORDINGS.items() for name in streams]
)
async def test_both_read_a_recorded_stream_to_the_same_text(
    sdks: str, kind: str, name: str
) -> None:
    whole = RECORDINGS[kind][name]
    async with FaultServer() as server:
        script = (Send(stream_head()), Send(chunk(whole)), Send(LAST_CHUNK))
        server.script(DIALECTS[ServiceKind(kind)].path, *script)
        told = await asyncio.to_thread(judged, sdks, READ[kind], server.url)
    assert told == Decoded(DECODERS[kind](), whole).text


TRIED = {
    "openai": (openai.says("some"), openai.CHAT),
    "responses": (responses.created() + responses.opens() + responses.says("some"),
                  responses.RESPONSES),
    "anthropic": (anthropic.begins() + anthropic.starts() + anthropic.says("some"),
                  anthropic.MESSAGES),
}  # fmt: skip
FAILS = {
    "openai": b'data: {"error": {"message": "It broke.", "type": "server_error"}}\n\n',
    "responses": responses.event("error", code="server_error", message="It broke.", param=None,
                                 sequence_number=9),
    "anthropic": anthropic.failed(words="It broke."),
}  # fmt: skip
SAYS_WHAT = """
import sys, {module}
try:
{body}
except Exception as error:
    print(f"|{{type(error).__name__}}|{{error}}")
"""


def tried(kind: str) -> str:
    """Code that reads a stream, and says what it came to."""
    module = "anthropic" if kind == "anthropic" else "openai"
    body = "\n".join(f"    {line}" for line in READ[kind].strip().splitlines())
    return SAYS_WHAT.format(module=module, body=body)


@pytest.mark.parametrize("kind", TRIED)
async def test_an_error_after_some_text_is_one_for_both(sdks: str, kind: str) -> None:
    begins, path = TRIED[kind]
    whole = begins + FAILS[kind]
    async with FaultServer() as server:
        server.script(path, Send(stream_head()), Send(chunk(whole)), Send(LAST_CHUNK))
        told = await asyncio.to_thread(judged, sdks, tried(kind), server.url)
    ours = Decoded(DECODERS[kind](), whole)
    assert ours.text == "some"
    assert "It broke." in str(ours.error)
    assert "It broke." in told


@pytest.mark.parametrize("kind", TRIED)
async def test_a_connection_that_breaks_within_a_reply_is_an_error_for_both(
    sdks: str, kind: str
) -> None:
    begins, path = TRIED[kind]
    async with FaultServer() as server:
        server.script(path, Send(stream_head()), Send(chunk(begins)), Close())
        told = await asyncio.to_thread(judged, sdks, tried(kind), server.url)
        came, error = await read(DIALECTS[ServiceKind(kind)].make(server.url))
    assert "|" in told
    assert text_of(came) == "some"
    assert error is not None


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (401, "AuthenticationError"),
        (429, "RateLimitError"),
        (503, "InternalServerError|ServiceUnavailableError"),
    ],
)
@pytest.mark.parametrize("kind", TRIED)
async def test_a_status_is_the_same_kind_of_error_for_both(
    sdks: str, kind: str, status: int, name: str
) -> None:
    _, path = TRIED[kind]
    refuses = anthropic.refuses if kind == "anthropic" else responses.refuses
    async with FaultServer() as server:
        server.script(path, *refuses(status, "Not now."))
        told = await asyncio.to_thread(judged, sdks, tried(kind), server.url)
        _, error = await outcome(DIALECTS[ServiceKind(kind)].make(server.url))
    ours = {401: NotSignedIn, 429: RateLimited, 503: Unreachable}[status]
    assert isinstance(error, ours)
    assert re.search(name, told)
    assert "Not now." in told


REFUSED = {
    "openai": "openai.BadRequestError",
    "responses": "openai.BadRequestError",
    "anthropic": "anthropic.BadRequestError",
}


@pytest.mark.parametrize("kind", READ)
async def test_they_understand_the_errors_of_the_fault_server(sdks: str, kind: str) -> None:
    module, error = REFUSED[kind].split(".")
    body = "\n".join(f"    {line}" for line in READ[kind].strip().splitlines())
    code = f"import {module}\ntry:\n{body}\nexcept {module}.{error} as error:\n    print(error)\n"
    async with FaultServer() as server:
        words = anthropic.refuses if kind == "anthropic" else responses.refuses
        server.script(DIALECTS[ServiceKind(kind)].path, *words(400, "I would rather not."))
        told = await asyncio.to_thread(judged, sdks, code, server.url)
    assert "I would rather not." in told
