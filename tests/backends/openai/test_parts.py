"""What a service is sent of pictures and files, and what happens where it takes none."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.prompt_content import takes_long
from fakegpt_tui.domain import ContextMessage, Notice, PictureRefused, PromptTooLong, RequestRefused
from fakegpt_tui.domain.parts import (
    CitationPart,
    FilePart,
    ImagePart,
    Origin,
    Part,
    ReasoningSpan,
    TextSpan,
)
from fakegpt_tui.store.blobs import MemoryBlobs
from tests.attachments.pictures import look, noise, photo
from tests.backends.test_documents import a_pdf
from tests.fault_server import FaultServer
from tests.openai_server import CHAT, backend_for, openai_server, refuses, replies, service
from tests.signed_in import events_of, text_of

BLOBS = MemoryBlobs()
JPEG = photo((40, 20))
PICTURE = ImagePart(BLOBS.put(JPEG), "cat.jpg")
NOTES = FilePart(BLOBS.put(b"Buy milk."), "notes.txt")


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


def said(*messages: ContextMessage, **changes: Any) -> ReplyRequest:
    return replace(
        ReplyRequest(messages=messages, model="model-1", read_blob=BLOBS.read), **changes
    )


def prompt(text: str, *parts: Part) -> ContextMessage:
    return ContextMessage("user", text, parts=parts)


async def sent(server: FaultServer, request: ReplyRequest) -> list[dict[str, Any]]:
    """The messages of the body that a healthy service got."""
    server.script(CHAT, *replies("Hi"))
    assert text_of(await events_of(backend_for(service(server.url)), request)) == "Hi"
    body = server.asked(CHAT)[-1].json
    assert isinstance(body, dict)
    messages: list[dict[str, Any]] = body["messages"]
    return messages


async def test_a_conversation_of_only_text_is_sent_as_strings(server: FaultServer) -> None:
    signed = Origin("anthropic", "s", "m", "{}")
    reply = ContextMessage(
        "assistant",
        "Tall. Really.",
        "Hm.",
        (ReasoningSpan(3, origin=signed), TextSpan(6), CitationPart(0, 4, "u"), TextSpan(7)),
    )
    found = await sent(server, said(prompt("Giraffe?"), reply, prompt("Why?")))
    assert [each["content"] for each in found] == ["Giraffe?", "Tall. Really.", "Why?"]


async def test_only_the_message_with_a_picture_is_a_list(server: FaultServer) -> None:
    found = await sent(
        server,
        said(
            prompt("Hi"),
            ContextMessage("assistant", "Yes?"),
            prompt("Look: And?", TextSpan(6), PICTURE, TextSpan(4)),
        ),
    )
    assert [type(each["content"]) for each in found] == [str, str, list]
    before, picture, after = found[-1]["content"]
    assert (before, after) == (
        {"type": "text", "text": "Look: "},
        {"type": "text", "text": "And?"},
    )
    assert picture["type"] == "image_url"
    head, _, data = picture["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data) == JPEG


async def test_a_picture_of_a_reply_goes_along_with_the_prompt_after_it(
    server: FaultServer,
) -> None:
    reply = ContextMessage("assistant", "Here.", parts=(TextSpan(5), PICTURE))
    found = await sent(server, said(prompt("Draw"), reply, prompt("Larger")))
    assert found[1] == {"role": "assistant", "content": "Here."}
    first, picture, last = found[2]["content"]
    assert first["text"] == "This came with your last reply:"
    assert picture["type"] == "image_url"
    assert last == {"type": "text", "text": "Larger"}


async def test_a_reply_that_is_continued_is_a_string(server: FaultServer) -> None:
    reply = ContextMessage("assistant", "Once", parts=(TextSpan(4), PICTURE))
    found = await sent(server, said(prompt("Tell"), reply, purpose=Purpose.CONTINUE))
    assert found[1] == {"role": "assistant", "content": "Once"}
    assert found[2]["role"] == "user"


async def test_text_files_are_framed_before_the_prompt(server: FaultServer) -> None:
    (found,) = await sent(server, said(prompt("And?", TextSpan(4), NOTES)))
    assert found["content"].startswith('<document index="1">\n<source>notes.txt</source>')
    assert found["content"].endswith("</document>\n\nAnd?")
    assert "Buy milk." in found["content"]


async def test_a_text_file_is_framed_where_a_picture_stands_before_the_words(
    server: FaultServer,
) -> None:
    (found,) = await sent(server, said(prompt("And?", PICTURE, TextSpan(4), NOTES)))
    assert [each["type"] for each in found["content"]] == ["text", "image_url", "text"]
    assert "<source>notes.txt</source>" in found["content"][0]["text"]


async def test_a_pdf_goes_as_text_to_a_service_that_is_not_known_to_take_it(
    server: FaultServer,
) -> None:
    pdf = FilePart(BLOBS.put(a_pdf("A giraffe")), "a.pdf")
    server.script(CHAT, *replies("Hi"))
    backend = backend_for(service(server.url))
    told = [
        [
            each.text
            for each in await events_of(backend, said(prompt("", pdf)))
            if isinstance(each, Notice)
        ]
        for _ in range(2)
    ]
    assert server.asked(CHAT)[-1].json["messages"][0]["content"] == "A giraffe"
    assert told == [["Of a.pdf only the text is sent, as the service takes no PDF."], []]


@pytest.mark.parametrize(
    ("data", "name"), [(b"RIFF\x24\0\0\0WAVEfmt ", "wav"), (b"\xff\xfb\x90\x64\0\0", "mp3")]
)
async def test_a_sound_goes_as_it_is(server: FaultServer, data: bytes, name: str) -> None:
    request = said(prompt("What is this?", FilePart(BLOBS.put(data), f"a.{name}"), TextSpan(13)))
    (found,) = await sent(server, request)
    sound = {"data": base64.b64encode(data).decode(), "format": name}
    assert found["content"] == [
        {"type": "input_audio", "input_audio": sound},
        {"type": "text", "text": "What is this?"},
    ]


async def test_a_model_that_hears_nothing_gets_a_sentence_with_the_choices(
    server: FaultServer,
) -> None:
    server.script(CHAT, *refuses(400, "This model does not support audio input."))
    sound = FilePart(BLOBS.put(b"RIFF\x24\0\0\0WAVEfmt "), "a.wav")
    with pytest.raises(RequestRefused, match="does not take the picture or file") as refused:
        await events_of(backend_for(service(server.url)), said(prompt("x", sound)))
    assert not isinstance(refused.value, PictureRefused)


async def test_a_picture_that_cannot_be_read_is_told_before_anything_is_sent(
    server: FaultServer,
) -> None:
    broken = ImagePart(BLOBS.put(JPEG[:60]), "broken.jpg")
    missing = ImagePart(replace(PICTURE.blob, digest="ab" * 32), "lost.jpg")
    for part in (broken, missing):
        with pytest.raises(RequestRefused, match=part.name):
            await events_of(backend_for(service(server.url)), said(prompt("x", part)))
    assert not server.asked(CHAT)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "This model does not support image input."),
        (400, "Invalid content type. image_url is only supported by certain models."),
        (500, "type must be string, but is array: messages.content"),
        (422, "Input should be a valid string: body.messages.0.content"),
        (404, "No endpoints found that support image input"),
        (500, "image input is not supported - hint: you may need to provide the mmproj"),
    ],
)
async def test_a_model_without_eyes_gets_a_sentence_with_the_choices(
    server: FaultServer, status: int, words: str
) -> None:
    for _ in range(6):
        server.script(CHAT, *refuses(status, words))
    with pytest.raises(RequestRefused, match="model-1 does not take the picture") as refused:
        await events_of(backend_for(service(server.url)), said(prompt("x", PICTURE)))
    assert "Choose another model" in str(refused.value)
    assert len(server.asked(CHAT)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "Image size exceeds the limit of 5 MB.",
        "messages.0.content.1.image: image dimensions are larger than 8000 pixels",
        "The file is too large: at most 20 MB.",
        "Too many images: at most 100 are allowed.",
    ],
)
async def test_a_picture_that_is_too_large_does_not_make_the_model_blind(
    server: FaultServer, words: str
) -> None:
    server.script(CHAT, *refuses(400, words))
    with pytest.raises(RequestRefused, match="Attach smaller ones") as refused:
        await events_of(backend_for(service(server.url)), said(prompt("x", PICTURE)))
    assert not isinstance(refused.value, PictureRefused)


@pytest.mark.parametrize("words", ["Request Entity Too Large", "request_too_large", ""])
async def test_a_body_that_is_too_large_is_told_of_its_pictures_where_it_has_some(
    server: FaultServer, words: str
) -> None:
    server.script(CHAT, *refuses(413, words))
    with pytest.raises(RequestRefused, match="Attach smaller ones") as refused:
        await events_of(backend_for(service(server.url)), said(prompt("x", PICTURE)))
    assert "long" not in str(refused.value)


@pytest.mark.parametrize(
    ("words", "parts"), [("Request Entity Too Large", ()), ("prompt is too long", (PICTURE,))]
)
async def test_what_is_too_long_is_no_matter_of_pictures(
    server: FaultServer, words: str, parts: tuple[Part, ...]
) -> None:
    for _ in range(6):
        server.script(CHAT, *refuses(413, words))
    with pytest.raises(PromptTooLong, match="so long a conversation"):
        await events_of(backend_for(service(server.url)), said(prompt("x", *parts)))


async def test_the_same_words_mean_nothing_where_no_picture_was_sent(server: FaultServer) -> None:
    for _ in range(6):
        server.script(CHAT, *refuses(400, "This model does not support image input."))
    with pytest.raises(RequestRefused) as refused:
        await events_of(backend_for(service(server.url)), said(prompt("x")))
    assert "Choose another model" not in str(refused.value)


async def test_a_large_picture_is_sent_small(server: FaultServer) -> None:
    large = ImagePart(BLOBS.put(noise((2100, 200))), "a.bmp")
    (found,) = await sent(server, said(prompt("", large)))
    ((picture),) = found["content"]
    data = base64.b64decode(picture["image_url"]["url"].partition(",")[2])
    assert len(data) > 200_000  # so that it comes in several pieces
    assert look(data).size == (2000, 190)


async def test_a_long_conversation_is_built_aside_and_arrives_whole(server: FaultServer) -> None:
    long, short = (ContextMessage("user", "x" * count) for count in (1_000_001, 1_000_000))
    assert takes_long((long,))
    assert not takes_long((short,))
    found = await sent(server, said(long))
    assert found[0]["content"] == long.text
