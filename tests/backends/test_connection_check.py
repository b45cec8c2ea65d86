"""Connection checks: each failure of a service has its own sentence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.discovery import check_connection
from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.domain import ConfigError, ConnectionCheck, Secret
from fakegpt_tui.http.clients import Transport
from tests import anthropic_server as anthropic
from tests import responses_server as responses
from tests.fault_server import Close, FaultServer, Send, Step, json_reply, reply
from tests.openai_server import (
    CHAT,
    DONE,
    KEY,
    MODELS,
    backend_for,
    end,
    lists,
    openai_server,
    refuses,
    replies,
    service,
    stream,
)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


async def steps_of(made: Backend, model: str = "", *, asking: bool = True) -> list[ConnectionCheck]:
    async with aclosing(check_connection(lambda: made, model, asking=asking)) as steps:
        return [step async for step in steps]


async def test_a_service_that_works_is_told_step_by_step(server: FaultServer) -> None:
    server.script(CHAT, *replies("OK"))
    first, last = await steps_of(backend_for(service(server.url)))
    assert first.sentence == "It can be reached and offers one model."
    assert [model.id for model in first.models] == ["model-1"]
    assert last == ConnectionCheck("The model 'model-1' answers.", worked=True)


async def test_asking_is_left_out_where_nobody_wants_it(server: FaultServer) -> None:
    (only,) = await steps_of(backend_for(service(server.url)), asking=False)
    assert only.worked
    assert server.asked(CHAT) == []


async def test_a_model_that_is_not_offered_is_told(server: FaultServer) -> None:
    server.script(CHAT, *refuses(404, "No model x."))
    first, last = await steps_of(backend_for(service(server.url, model="")), "x")
    assert "'x' is not among them" in first.sentence
    assert (last.worked, "No model x." in last.sentence) == (False, True)


async def test_a_key_that_only_opens_the_list_is_told(server: FaultServer) -> None:
    server.script(CHAT, *refuses(401, "Who are you?"))
    first, last = await steps_of(backend_for(service(server.url)))
    assert first.worked
    assert "does not accept the key, or wants one: Who are you?" in last.sentence
    assert not last.worked


@pytest.mark.parametrize("configured", ["", "x"])
@pytest.mark.parametrize(
    "answer",
    [refuses(404), refuses(500), refuses(401), [Send(reply(b"<html></html>"))]],
    ids=["404", "500", "401", "a page"],
)
async def test_a_list_is_not_needed_where_the_model_is_known(
    answer: list[Step], configured: str
) -> None:
    async with FaultServer() as server:
        server.script(MODELS, *answer)
        server.script(CHAT, *replies("OK"))
        first, last = await steps_of(backend_for(service(server.url, model=configured)), "x")
        assert "shows no list" in first.sentence
        assert last.worked


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1", "refused the connection; is it running?"),
        ("http://nowhere.invalid", "could not be found by its name"),
        ("http://[fe80::1%25nosuch]:9", "network interface that this machine does not have"),
    ],
)
async def test_a_service_that_cannot_be_reached_is_told(url: str, words: str) -> None:
    (only,) = await steps_of(backend_for(service(url)))
    assert (only.worked, words in only.sentence) == (False, True)


async def test_a_wrong_address_is_told() -> None:
    async with FaultServer() as server:
        server.script(MODELS, *lists())
        (only,) = await steps_of(backend_for(service(server.url, model="")))
        assert "offers no model" in only.sentence


async def test_settings_that_cannot_be_used_are_told(server: FaultServer) -> None:
    def read() -> Secret:
        raise ConfigError("The key file is gone.")

    def make() -> Backend:
        return OpenAIBackend(Transport(service(server.url)), ApiKey(read))

    async with aclosing(check_connection(make)) as steps:
        assert [step async for step in steps] == [
            ConnectionCheck("The key file is gone.", worked=False)
        ]


async def test_a_model_without_a_word_is_told(server: FaultServer) -> None:
    server.script(CHAT, *stream(end(), DONE))
    steps = await steps_of(backend_for(service(server.url)))
    assert "without a word" in steps[-1].sentence
    assert not steps[-1].worked


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuses(401, "Who?"), "does not accept the key, or wants one: Who?"),
        (refuses(403), "does not allow this with this key"),
        (refuses(404), "knows no such model or address"),
        (refuses(429), "gets too many requests"),
        (refuses(500), "is in trouble"),
        (
            [Send(reply(b"<html><title>Welcome</title></html>"))],
            "other than a list of models: Welcome. Is this the address of such a service?",
        ),
        ([Send(reply(b"ok"))], "something other than a list of models: ok."),
        ([Send(json_reply({"hello": 1}))], 'something other than a list of models: {"hello": 1}.'),
        (lists(), "offers no model; load one there"),
        ([Close()], "closed the connection without an answer. If its address is http://, it may"),
        ([Send(b"220 mail ready\r\n\r\n"), Close()], "something that is not HTTP"),
    ],
)
async def test_what_exactly_failed_is_told(answer: list[Step], words: str) -> None:
    async with FaultServer() as server:
        server.script(MODELS, *answer)
        (only,) = await steps_of(backend_for(service(server.url, model="")))
    assert not only.worked
    assert words in only.sentence
    assert KEY not in only.sentence


async def test_an_encrypted_address_of_an_open_service_is_told() -> None:
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        (only,) = await steps_of(backend_for(service(f"https://127.0.0.1:{port}", model="")))
    assert "is its address http:// rather than https://?" in only.sentence


OTHERS: dict[str, tuple[str, list[Step]]] = {
    "responses": (responses.RESPONSES, responses.replies("OK")),
    "anthropic": (anthropic.MESSAGES, anthropic.replies("OK")),
    "openai": (CHAT, replies("OK")),
}


@pytest.mark.parametrize("chosen", OTHERS)
@pytest.mark.parametrize("spoken", OTHERS)
async def test_a_wrong_protocol_is_told_with_the_one_that_the_service_speaks(
    server: FaultServer, chosen: str, spoken: str
) -> None:
    path, script = OTHERS[spoken]
    server.script(path, *script)
    make = {"openai": _openai, "responses": _responses, "anthropic": _anthropic}[chosen]
    steps = await steps_of(make(server.url))
    if chosen == spoken:
        assert [step.worked for step in steps] == [True, True]
    else:
        assert f'kind = "{spoken}"' in steps[-1].sentence
        assert not any(step.worked for step in steps[1:])
        sent = server.asked(path)[-1].headers
        header = "x-api-key" if spoken == "anthropic" else "authorization"
        assert "canary" in sent[header]


def _openai(url: str) -> Backend:
    return backend_for(service(url))


def _responses(url: str) -> Backend:
    return responses.backend_for(responses.service(url))


def _anthropic(url: str) -> Backend:
    return anthropic.backend_for(anthropic.service(url))


async def test_a_model_that_only_thinks_in_hiding_answers(server: FaultServer) -> None:
    server.script(
        responses.RESPONSES, *stream(responses.created(), responses.incomplete("max_output_tokens"))
    )
    steps = await steps_of(_responses(server.url))
    assert steps[-1].worked
