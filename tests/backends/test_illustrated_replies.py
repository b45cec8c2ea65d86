"""Pictures of a model stay where they are said, however the reply comes, and wherever it goes."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.backends.http_protocol import Decoder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from fakegpt_tui.domain import MediaReceived, StreamEvent, TextDelta, TextReplaced
from fakegpt_tui.domain.parts import ImagePart, Part, TextSpan
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.registry import read_conversations
from fakegpt_tui.formats.saving import save_as
from tests.attachments.examples import png
from tests.backends.decoding import Decoded
from tests.chat.fake_chat import run, service_of
from tests.dict_store import DictStore

DATA = [png(2, 2), png(3, 3)]
BASE64 = [b64encode(each).decode() for each in DATA]
URLS = [f"data:image/png;base64,{each}" for each in BASE64]
FIRST, SECOND = (
    MediaReceived(data, f"picture-{number}.png") for number, data in enumerate(DATA, 1)
)
SAID = [TextDelta("A house <"), FIRST, TextDelta("a dog."), SECOND, TextDelta("A house <")]
"""The end of the first text could begin a mark, and the last text repeats the first one."""


def event(**value: object) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def chat_text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


def chat_picture(number: int) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": URLS[number]}}


CHAT = [
    chat_text("A house"), chat_text(" <"), chat_picture(0), chat_text("a dog."), chat_picture(1),
    chat_text("A house <"),
]  # fmt: skip


def chat(**choice: object) -> bytes:
    return event(choices=[choice])


CHAT_END = chat(delta={}, finish_reason="stop") + b"data: [DONE]\n\n"
WHOLE_CHAT = chat(message={"role": "assistant", "content": CHAT}, finish_reason="stop")


def output_text(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": []}


def item(*content: dict[str, object]) -> dict[str, object]:
    return {"type": "message", "role": "assistant", "content": content}


def drawn(number: int) -> dict[str, object]:
    return {"type": "image_generation_call", "result": BASE64[number]}


def responded(*output: dict[str, object]) -> bytes:
    return event(type="response.completed", response={"status": "completed", "output": output})


def image(number: int) -> dict[str, object]:
    return {"type": "output_image", "image_url": URLS[number]}


def block(number: int) -> dict[str, object]:
    source = {"type": "base64", "media_type": "image/png", "data": BASE64[number]}
    return {"type": "image", "source": source}


BLOCKS = [chat_text("A house <"), block(0), chat_text("a dog."), block(1), chat_text("A house <")]
MESSAGE_END = event(type="message_delta", delta={"stop_reason": "end_turn"}) + event(
    type="message_stop"
)


def streamed_block(index: int, value: dict[str, object]) -> bytes:
    return event(type="content_block_start", index=index, content_block=value) + event(
        type="content_block_stop", index=index
    )


REPLIES: dict[str, tuple[Callable[[], Decoder], list[bytes]]] = {
    "chat, whole": (CompletionDecoder, [WHOLE_CHAT]),
    "chat, one delta": (CompletionDecoder, [chat(delta={"content": CHAT}), CHAT_END]),
    "chat, streamed": (
        CompletionDecoder,
        [*(chat(delta={"content": [each]}) for each in CHAT), CHAT_END],
    ),
    "chat, streamed and repeated whole": (
        CompletionDecoder,
        [*(chat(delta={"content": [each]}) for each in CHAT), WHOLE_CHAT, CHAT_END],
    ),
    "responses, items": (
        ResponseDecoder,
        [
            responded(
                item(output_text("A house <")), drawn(0), item(output_text("a dog.")), drawn(1),
                item(output_text("A house <")),
            )
        ],
    ),
    "responses, contents": (
        ResponseDecoder,
        [
            responded(
                item(
                    output_text("A house <"), image(0), output_text("a dog."), image(1),
                    output_text("A house <"),
                )
            )
        ],
    ),
    "messages, whole": (
        MessageDecoder,
        [event(type="message", content=BLOCKS, stop_reason="end_turn")],
    ),
    "messages, streamed": (
        MessageDecoder,
        [*(streamed_block(index, each) for index, each in enumerate(BLOCKS)), MESSAGE_END],
    ),
}  # fmt: skip


def seen(events: list[StreamEvent]) -> list[StreamEvent]:
    """Texts and pictures; texts that meet are one, without the gaps between items."""
    found: list[StreamEvent] = []
    for each in events:
        match each, found:
            case TextDelta(text), [*_, TextDelta(before)]:
                found[-1] = TextDelta(before + text)
            case TextDelta(text), _:
                found.append(TextDelta(text.lstrip("\n")))
            case MediaReceived() | TextReplaced(), _:
                found.append(each)
            case _:
                pass
    return found


@pytest.mark.parametrize("name", REPLIES)
def test_pictures_stand_where_they_are_said(name: str) -> None:
    make, pieces = REPLIES[name]
    found = Decoded(make(), *pieces)
    assert seen(found.events) == SAID
    assert found.error is None
    assert not found.unknown


@pytest.mark.parametrize("name", [each for each in REPLIES if each.startswith("chat")])
@pytest.mark.parametrize("suffix", ["md", "jsonl"])
async def test_they_stand_there_in_the_store_and_in_files(
    name: str, suffix: str, tmp_path: Path
) -> None:
    make, pieces = REPLIES[name]
    service, store, _ = service_of(Decoded(make(), *pieces).events)
    conversation = service.conversations.create()
    turn = await run(service, service.turns.new(conversation, "Draw"))
    kept = store.nodes[turn.reply.id]
    assert kept.text == "A house <\n\na dog.\n\nA house <"
    assert shape(kept.parts) == [9, DATA[0], 8, DATA[1], 11]
    path = save_as(
        conversation, [turn.prompt, kept], tmp_path, suffix=suffix, read_blob=store.read_blob
    )
    other = DictStore()
    with ImportFile(path, service="s", model="m") as file:
        for each in read_conversations(file):
            Importer(other).add(each)
    assert other.nodes[kept.id].parts == kept.parts


def shape(parts: tuple[Part, ...]) -> list[Any]:
    """How long the texts are, and which pictures are between them."""
    data = {ImagePart: lambda part: DATA[part.blob.width - 2], TextSpan: lambda part: part.length}
    return [data[type(part)](part) for part in parts]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("The hills:", "And the sea.", "The hills:\n\nAnd the sea."),
        ("The hills", " and the sea.", "The hills and the sea."),
        ("The hills:\n", "And the sea.", "The hills:\n\nAnd the sea."),
        ("The hills:\n\n", "And the sea.", "The hills:\n\nAnd the sea."),
        ("", "The hills.", "The hills."),
    ],
)
def test_a_picture_parts_paragraphs_unless_the_sentence_goes_on(
    before: str, after: str, text: str
) -> None:
    content = [chat_text(before), chat_picture(0), chat_text(after)]
    for pieces in (
        [chat(message={"content": content}), CHAT_END],
        [*(chat(delta={"content": [each]}) for each in content), CHAT_END],
        [
            *(chat(delta={"content": [each]}) for each in content),
            chat(message={"content": content}),
            CHAT_END,
        ],
    ):
        found = Decoded(CompletionDecoder(), *pieces)
        assert found.text == text
        assert len([each for each in found.events if isinstance(each, MediaReceived)]) == 1


def test_a_whole_message_puts_pictures_right_that_its_pieces_had_not() -> None:
    found = Decoded(CompletionDecoder(), chat(delta={"content": "A house"}), WHOLE_CHAT, CHAT_END)
    assert seen(found.events) == [TextDelta("A house"), TextReplaced(0, ""), *SAID]
    first = chat(message={"content": [chat_picture(0), chat_text("A barn")]})
    found = Decoded(CompletionDecoder(), chat(delta={"content": "A house"}), first, CHAT_END)
    assert seen(found.events)[1:] == [TextReplaced(0, ""), FIRST, TextDelta("A barn")]
    assert found.text == "A barn"


def test_a_picture_before_all_text_stays_and_comes_once_where_the_text_is_replaced() -> None:
    told = [chat_picture(0), chat_text("A barn and a mouse"), chat_picture(1)]
    found = Decoded(
        CompletionDecoder(),
        chat(delta={"content": [chat_picture(0)]}),
        chat(delta={"content": "A house"}),
        chat(message={"content": told}),
        CHAT_END,
    )
    assert seen(found.events) == [
        *(FIRST, TextDelta("A house"), TextReplaced(0, ""), TextDelta("A barn and a mouse")),
        SECOND,
    ]


def test_a_picture_stays_where_the_closing_text_of_a_response_is_another() -> None:
    said = {"output_index": 1, "content_index": 0}
    found = Decoded(
        ResponseDecoder(),
        event(type="response.output_text.done", text="One", output_index=0),
        event(type="response.content_part.done", part=image(0), output_index=0, content_index=1),
        event(type="response.output_text.delta", delta="Tow", **said),
        event(type="response.output_text.done", text="Two", **said),
        responded(),
    )
    assert [each for each in seen(found.events) if isinstance(each, MediaReceived)] == [FIRST] * 2
    assert seen(found.events)[-1] == FIRST
    assert found.text.endswith("Two")


def test_addresses_of_pictures_in_a_message_are_told_at_its_end() -> None:
    part = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
    content = [part, chat_text("There.")]
    found = Decoded(
        MessageDecoder(), event(type="message", content=content, stop_reason="end_turn")
    )
    assert "There.\n\n**Picture** <https://example.org/a.png>" in found.text
