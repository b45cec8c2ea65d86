"""Pieces of a reply that cannot be read: told in every protocol, and read as far as they can be."""

import json

import pytest

from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from fakegpt_tui.domain import BadReply, FinishReason
from tests.anthropic_server import ends, says
from tests.backends.decoding import COMPLETED, SAID, Decoded, completion, data, message, piece
from tests.fault_server import Send, json_reply
from tests.openai_server import CHAT, DONE, backend_for, openai_server, service
from tests.signed_in import events_of, text_of


@pytest.mark.parametrize("cut", [-3, -20])
def test_a_piece_that_cannot_be_read_is_counted_and_told_in_every_protocol(cut: int) -> None:
    spoken = says("lost").removesuffix(b"\n\n")[:cut] + b"\n\n"
    whole = message(says("Hel"), spoken, says("lo"), ends())
    said = [*data(SAID), data(SAID)[0][: cut - 2] + b"\n\n", *data(SAID, COMPLETED)]
    for found, text in ((whole, "Hello"), (Decoded(ResponseDecoder(), *said), "HiHi")):
        assert (found.text, found.reason) == (text, FinishReason.STOP)
        assert found.notices == "1 piece of the reply could not be read."


def test_words_in_place_of_an_event_are_the_error_in_every_protocol() -> None:
    words = b"data: canary is out of memory.\n\n"
    for found in (message(words), message(says("Hi"), words), Decoded(ResponseDecoder(), words)):
        assert "broke off the reply: canary is out of memory." in str(found.error)


@pytest.mark.parametrize(
    "value", [piece({"content": {"parts": ["canary"]}}), {"choices": {"0": "canary"}}]
)
def test_a_reply_of_which_nothing_can_be_read_is_shown_as_it_came(value: object) -> None:
    for found in (completion(value), completion(value, piece({}, "stop"))):
        assert isinstance(found.error, BadReply)
        assert "cannot read: {" in str(found.error)
        assert "canary" in str(found.error)


async def test_a_list_of_pieces_in_place_of_a_stream_is_read() -> None:
    pieces = [piece({"content": "He"}), piece({"content": "llo"}, "stop")]
    async with openai_server() as server:
        server.script(CHAT, Send(json_reply(pieces)))
        assert text_of(await events_of(backend_for(service(server.url)))) == "Hello"


@pytest.mark.parametrize(
    "fields", [{"type": "status"}, {"status": "Processing"}, {"type": "info", "status": "x"}]
)
def test_what_is_told_of_the_progress_is_no_error(fields: dict[str, object]) -> None:
    progress = {"message": "Searching the web"} | fields
    found = completion(progress, piece({"content": "Hi"}), progress, piece({}, "stop"))
    assert (found.text, found.error, found.notices) == ("Hi", None, "")


def test_several_objects_in_one_event_are_all_read() -> None:
    first, second = (json.dumps(piece({"content": text})) for text in ("He", "llo"))
    glued = [f"{first}{second}", f"{first}data: {second}", f"{first}, {second}\\n\\n"]
    for each in [*glued, f"[{first}, {second}]"]:
        found = Decoded(CompletionDecoder(), f"data: {each}\n\n".encode(), DONE)
        assert (found.text, found.notices) == ("Hello", "")
