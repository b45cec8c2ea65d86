"""Pictures and files of clients reach services that take them, and come back from models."""

import base64
import json
from collections.abc import Callable

import pytest

from fakegpt_tui.backends.scripted import Step
from fakegpt_tui.domain import MediaReceived, PartAdded, ReplyEnded, TextDelta
from fakegpt_tui.domain.parts import CitationPart, FilePart, ImagePart, TextSpan
from fakegpt_tui.host.server import HostServer
from tests.attachments.examples import png
from tests.attachments.pictures import photo
from tests.fault_server import FaultServer
from tests.host.test_completion_routes import REPLY, Recorder, body, client_of, stream
from tests.host.test_round_trip import client_of as fakegpt_client_of
from tests.host.test_round_trip import replied
from tests.openai_server import CHAT, backend_for, openai_server, replies, service
from tests.signed_in import text_of

PNG = png(4, 3)
URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
PICTURE = {"type": "image_url", "image_url": {"url": URL, "detail": "low"}}
FILE = {
    "type": "file",
    "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,SGkh"},
}


def said(*content: object) -> dict[str, object]:
    return body(messages=[{"role": "user", "content": list(content)}])


async def test_a_picture_and_a_file_reach_the_backend_in_their_order(
    host: Callable[..., HostServer],
) -> None:
    backend = Recorder()
    async with client_of(host(backend=backend)) as client:
        text = {"type": "text", "text": "Look: "}
        answer = await client.post("/chat/completions", json=said(text, PICTURE, FILE))
    assert answer.status_code == 200
    (request,) = backend.asked
    (message,) = request.messages
    span, picture, file = message.parts
    assert (message.text, span) == ("Look: ", TextSpan(6))
    assert isinstance(picture, ImagePart)
    assert isinstance(file, FilePart)
    assert (picture.detail, file.name) == ("low", "a.txt")
    assert request.read_blob(picture.blob.digest) == PNG
    assert request.read_blob(file.blob.digest) == b"Hi!"


async def test_text_alone_has_no_parts_however_it_is_sent(host: Callable[..., HostServer]) -> None:
    backend = Recorder()
    async with client_of(host(backend=backend)) as client:
        pieces = [{"type": "text", "text": each} for each in ("a", "b")]
        await client.post("/chat/completions", json=said(*pieces))
    assert (backend.asked[0].messages[0].text, backend.asked[0].messages[0].parts) == ("ab", ())


@pytest.mark.parametrize(
    "piece",
    [
        {"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest"}},
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,!!"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,SGkh"}},
        {"type": "image_url", "image_url": {"url": "data:image/png,raw"}},
        {"type": "image_url"},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "x", "format": "wav"}},
        7,
    ],
)
async def test_what_is_no_picture_is_refused_and_no_address_is_fetched(
    host: Callable[..., HostServer], piece: object
) -> None:
    backend = Recorder()
    async with client_of(host(backend=backend)) as client:
        answer = await client.post("/chat/completions", json=said(piece))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages[0]"
    assert not backend.asked


async def test_a_picture_and_a_sound_go_on_to_the_service_byte_for_byte(
    host: Callable[..., HostServer],
) -> None:
    data = photo((40, 20))
    url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    async with openai_server() as upstream:
        assert isinstance(upstream, FaultServer)
        upstream.script(CHAT, *replies("A cat."))
        async with client_of(host(backend=backend_for(service(upstream.url)))) as client:
            picture = {"type": "image_url", "image_url": {"url": url}}
            spoken = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt ").decode()
            sound = {"type": "input_audio", "input_audio": {"data": spoken, "format": "wav"}}
            answer = await client.post(
                "/chat/completions",
                json={**said({"type": "text", "text": "?"}, picture, sound), "model": "model-1"},
            )
        assert answer.json()["choices"][0]["message"]["content"] == "A cat."
        sent = upstream.asked(CHAT)[0].json
    assert isinstance(sent, dict)
    content = sent["messages"][0]["content"]
    assert content[1]["image_url"]["url"] == url
    assert content[2] == sound


async def test_a_large_picture_is_taken(host: Callable[..., HostServer]) -> None:
    backend = Recorder()
    large = png(4, 3, padding=12_000_000)
    url = f"data:image/png;base64,{base64.b64encode(large).decode()}"
    async with client_of(host(backend=backend)) as client:
        picture = {"type": "image_url", "image_url": {"url": url}}
        answer = await client.post("/chat/completions", json=said(picture))
    assert answer.status_code == 200
    assert len(backend.asked[0].messages[0].parts) == 1


async def test_pictures_and_sources_of_a_model_are_told(host: Callable[..., HostServer]) -> None:
    cited = CitationPart(0, 4, "https://example.org", "Giraffes")
    script: tuple[Step, ...] = (
        TextDelta("Tall"),
        MediaReceived(PNG),
        PartAdded(cited),
        ReplyEnded(),
    )
    events = [json.loads(each) for each in await stream(host(script)) if each != "[DONE]"]
    deltas = [each["choices"][0]["delta"] for each in events if each["choices"]]
    assert {"images": [{"type": "image_url", "image_url": {"url": URL}}]} in deltas
    (annotations,) = [each["annotations"] for each in deltas if "annotations" in each]
    assert annotations[0]["url_citation"] == {
        "url": "https://example.org",
        "title": "Giraffes",
        "start_index": 0,
        "end_index": 4,
    }
    assert REPLY


async def test_clients_of_the_fakegpt_protocol_see_a_line_for_a_picture(
    serve: Callable[..., HostServer],
) -> None:
    script: tuple[Step, ...] = (TextDelta("Look:"), MediaReceived(PNG), ReplyEnded())
    async with fakegpt_client_of(serve(script)) as client:
        events, _ = await replied(client)
    text = text_of(events)
    assert text.startswith("Look:\n\n[▣ ")
    assert "PNG 4×3" in text
