"""Lists of models, in the forms in which services have them."""

import json
from dataclasses import replace

import pytest

from fakegpt_tui.backends.api.model_list import read_models
from fakegpt_tui.domain import BadReply, NotSignedIn, Unreachable
from tests.fault_server import Close, FaultServer, Send, Step, json_reply, reply
from tests.openai_server import CHAT, MODELS, backend_for, lists, refuses, replies, service
from tests.signed_in import ASK, text_of

FORMS = [
    {"data": [{"id": "a"}, {"id": "b"}]},
    {"models": [{"name": "a"}, {"name": "b"}]},
    {"models": [{"model": "a", "name": "A"}, {"model": "b", "name": "B"}]},
    {"models": ["a", "b"]},
    ["a", "b"],
    [{"id": "a"}, {"id": "b"}],
    {"data": [{"name": "a"}, {"name": "b"}]},
    {"data": [{"model_name": "a"}, {"model_name": "b"}]},
    {"result": [{"id": "a"}, {"name": "b"}]},
    {"data": {"models": [{"id": "a"}, {"id": "b"}]}},
    {"data": [], "models": [{"name": "a"}, {"name": "b"}]},
    {"data": [{"id": ""}, {"id": "a"}, None, {"id": "a"}, {"id": "b"}]},
]


@pytest.mark.parametrize("form", FORMS, ids=json.dumps)
def test_a_list_is_read_in_each_form(form: object) -> None:
    assert [model.id for model in read_models(json.dumps(form).encode())] == ["a", "b"]


@pytest.mark.parametrize(
    "form", [{"data": []}, {"models": []}, {"object": "list", "data": None}, []]
)
def test_an_empty_list_offers_nothing(form: object) -> None:
    assert read_models(json.dumps(form).encode()) == ()


def test_a_list_that_cannot_be_read_is_not_called_empty() -> None:
    body = json.dumps({"data": [{"label": "a"}]}).encode()
    with pytest.raises(BadReply, match="in a form that this program does not read; name one"):
        read_models(body)


@pytest.mark.parametrize(
    "other",
    [
        {"id": "text-embedding-3-small"},
        {"id": "whisper-1"},
        {"id": "tts-1-hd"},
        {"id": "dall-e-3"},
        {"id": "rerank-v3"},
        {"id": "omni-moderation-latest"},
        {"id": "BAAI/bge-m3"},
        {"id": "some-name", "type": "embeddings"},
        {"id": "some-name", "type": "image"},
        {"id": "some-name", "capabilities": {"completion_chat": False}},
    ],
    ids=json.dumps,
)
def test_a_model_for_something_else_than_text_is_not_the_first(other: dict[str, object]) -> None:
    body = json.dumps({"data": [other, {"id": "chat-b"}, {"id": "chat-a"}]}).encode()
    assert [model.id for model in read_models(body)] == ["chat-b", "chat-a", other["id"]]


def test_a_type_says_more_than_a_name() -> None:
    body = json.dumps({"data": [{"id": "x"}, {"id": "my-embed-chat", "type": "chat"}]}).encode()
    assert [model.id for model in read_models(body)] == ["x", "my-embed-chat"]


async def test_a_prompt_goes_to_a_model_that_can_chat() -> None:
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "text-embedding-3-small"}, {"id": "llama"}))
        server.script(CHAT, *replies("Hi"))
        made = backend_for(service(server.url, model=""))
        assert text_of([each async for each in made.stream(replace(ASK, model=""))]) == "Hi"
        assert server.asked(CHAT)[0].json["model"] == "llama"  # type: ignore[index]


BROKEN = [
    refuses(403),
    refuses(404),
    refuses(500),
    refuses(503, "Loading model"),
    [Send(reply(b"<html><title>Welcome</title></html>"))],
    [Send(json_reply({"error": {"message": "No lists here."}}))],
    [Send(json_reply({"data": [{"label": "a"}]}))],
]


@pytest.mark.parametrize("answer", BROKEN)
async def test_a_broken_list_is_no_hindrance_where_the_model_is_known(answer: list[Step]) -> None:
    async with FaultServer() as server:
        server.script(MODELS, *answer)
        (model,) = await backend_for(service(server.url)).models()
        assert (model.id, model.is_listed) == ("model-1", False)
        assert model.description


@pytest.mark.parametrize(
    ("answer", "kind"), [(refuses(401), NotSignedIn), ([Close()], Unreachable)]
)
async def test_a_refused_key_and_no_connection_are_told_of_a_list(
    answer: list[Step], kind: type[Exception]
) -> None:
    async with FaultServer() as server:
        server.script(MODELS, *answer)
        with pytest.raises(kind):
            await backend_for(service(server.url)).models()
