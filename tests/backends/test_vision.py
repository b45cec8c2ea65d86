"""Pictures reach models byte for byte in every protocol, and theirs come back so."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import ContextMessage, MediaReceived
from fakegpt_tui.domain.parts import FilePart, ImagePart, Part, TextSpan
from fakegpt_tui.store.blobs import MemoryBlobs
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests.attachments.examples import png
from tests.attachments.pictures import photo
from tests.backends.test_documents import a_pdf
from tests.fault_server import Step
from tests.signed_in import events_of

BLOBS = MemoryBlobs()
JPEG, PNG = photo((40, 20)), png(4, 3)
DRAWN = png(7, 5)
ENCODED = base64.b64encode(DRAWN).decode()


class Protocol(NamedTuple):
    """How a service of a protocol is asked and replies; `draws` where it may send a picture."""

    path: str
    backend_of: Callable[[str], Backend]
    says: Sequence[Step]
    draws: Sequence[Step] = ()


PROTOCOLS = {
    "openai": Protocol(
        openai.CHAT,
        lambda url: openai.backend_for(openai.service(url)),
        openai.replies("Two."),
        openai.stream(
            openai.delta(
                images=[
                    {
                        "type": "image_url",
                        "image_url": {"url": f"data:image/png;base64,{ENCODED}"},
                    }
                ]
            ),
            openai.end(),
            openai.DONE,
        ),
    ),
    "responses": Protocol(
        responses.RESPONSES,
        lambda url: responses.backend_for(responses.service(url)),
        responses.replies("Two."),
        openai.stream(
            responses.created(),
            responses.item_done({"type": "image_generation_call", "id": "ig_1", "result": ENCODED}),
            responses.completed(),
        ),
    ),
    "anthropic": Protocol(
        anthropic.MESSAGES,
        lambda url: anthropic.backend_for(anthropic.service(url)),
        anthropic.replies("Two."),
    ),
}


def pictures_in(value: Any) -> list[bytes]:
    """The bytes of all pictures and files in a body, in their order."""
    match value:
        case {"type": "base64", "data": str(data)}:
            return [base64.b64decode(data)]
        case str(text) if text.startswith("data:"):
            return [base64.b64decode(text.partition(",")[2])]
        case dict():
            return [each for inner in value.values() for each in pictures_in(inner)]
        case list():
            return [each for inner in value for each in pictures_in(inner)]
        case _:
            return []


def request(*parts: Part) -> ReplyRequest:
    message = ContextMessage("user", "How many?", parts=parts)
    return ReplyRequest(messages=(message,), model="model-1", read_blob=BLOBS.read)


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_pictures_reach_the_model_and_one_of_its_own_comes_back(name: str) -> None:
    protocol = PROTOCOLS[name]
    first, second = (ImagePart(BLOBS.put(data), "x") for data in (JPEG, PNG))
    async with openai.openai_server() as server:
        backend = protocol.backend_of(server.url)
        server.script(protocol.path, *protocol.says)
        server.script(protocol.path, *(protocol.draws or protocol.says))
        await events_of(backend, request(first, TextSpan(9), second))
        body = server.asked(protocol.path)[0].json
        assert pictures_in(body) == [JPEG, PNG]
        assert "How many?" in json.dumps(body)
        events = await events_of(backend, request(first))
        drawn = [each.data for each in events if isinstance(each, MediaReceived)]
        assert drawn == ([DRAWN] if protocol.draws else [])


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("openai", "https://api.openai.com/v1"),
        ("responses", "https://api.openai.com/v1"),
        ("anthropic", "https://api.anthropic.com"),
    ],
)
async def test_a_pdf_reaches_a_service_that_takes_it_byte_for_byte(name: str, url: str) -> None:
    data = a_pdf("A giraffe")
    part = FilePart(BLOBS.put(data), "zoo.pdf")
    backend = PROTOCOLS[name].backend_of(url)
    shown = await backend.preview(request(TextSpan(9), part))
    body = json.loads(shown.body)
    assert pictures_in(body) == [data]
    assert "zoo.pdf" in json.dumps(body)
