"""A FakeGPT service gets text: files become text, and a picture is refused before it is sent."""

from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import ContextMessage, RequestRefused
from fakegpt_tui.domain.parts import FilePart, ImagePart, Part, TextSpan
from fakegpt_tui.store.blobs import MemoryBlobs
from tests.attachments.examples import png
from tests.backends.fakegpt.test_history import CHAT, bodies, prompt_of
from tests.fault_server import FaultServer, stream
from tests.signed_in import backend, events_of

BLOBS = MemoryBlobs()
PICTURE = ImagePart(BLOBS.put(png(4, 3)), "cat.png")
NOTES = FilePart(BLOBS.put(b"Buy milk."), "notes.txt")


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def said(text: str, *parts: Part, role: str = "user") -> ContextMessage:
    return ContextMessage(role, text, parts=parts)


async def asked(server: FaultServer, *messages: ContextMessage) -> str:
    """The text of the prompt that the service got."""
    server.script(CHAT, *stream("Hi"))
    request = ReplyRequest(messages=messages, model="m", read_blob=BLOBS.read)
    await events_of(backend(server.url), request)
    return prompt_of((await bodies(server))[-1])[1]


async def test_a_text_file_becomes_text(server: FaultServer) -> None:
    prompt = await asked(server, said("And?", TextSpan(4), NOTES))
    assert prompt.startswith('<document index="1">\n<source>notes.txt</source>')
    assert prompt.endswith("Buy milk.\n</document_content>\n</document>\n\nAnd?")


async def test_a_picture_is_refused_with_a_sentence_before_anything_is_sent(
    server: FaultServer,
) -> None:
    request = ReplyRequest(
        messages=(said("Look", TextSpan(4), PICTURE),), model="m", read_blob=BLOBS.read
    )
    with pytest.raises(RequestRefused, match=r"Nothing was sent: .* takes no pictures \(cat\.png"):
        await events_of(backend(server.url), request)
    assert not server.asked(CHAT)


async def test_a_picture_that_another_service_saw_is_named(server: FaultServer) -> None:
    prompt = await asked(
        server,
        said("Look: ", TextSpan(6), PICTURE),
        said("A cat.", role="assistant"),
        said("Sure?"),
    )
    assert prompt == "User: Look: [picture: cat.png]\nAssistant: A cat.\nUser: Sure?\nAssistant:"
