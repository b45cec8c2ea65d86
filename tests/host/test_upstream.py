"""The host in front of an OpenAI-compatible service, both on sockets of their own."""

import asyncio
import gc
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

import pytest

from fakegpt_tui.backends.base import ModelAlias, RemoteParent, ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import (
    Busy,
    ContextMessage,
    FinishReason,
    History,
    PromptTooLong,
    RateLimited,
    RemoteIdAssigned,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceError,
    ServiceKind,
    TextDelta,
    Unreachable,
)
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from tests.fault_server import FaultServer, Reset, Send, Stall, chunk, stream_head
from tests.host.calls import calling, prompt_body, signed_in, until
from tests.openai_server import (
    CHAT,
    DONE,
    MODELS,
    backend_for,
    end,
    event,
    lists,
    openai_server,
    refuses,
    replies,
    says,
    service,
    stream,
    usage,
)
from tests.patience import PATIENCE
from tests.signed_in import events_of, outcome, text_of

OLD_MODEL = "text-davinci-002-render-sha"
OLD_PROMPT = ReplyRequest(messages=(ContextMessage("user", "Hello?"),), model=OLD_MODEL)


@pytest.fixture
async def upstream() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


@contextmanager
def host_before(server: FaultServer, model: str = "") -> Iterator[HostServer]:
    backend = ModelAlias(backend_for(service(server.url, model=model)), model)
    with HostServer(backend, secret_path=False) as host:
        yield host


@asynccontextmanager
async def client_of(
    host: HostServer, history: History = History.CLIENT
) -> AsyncGenerator[FakeGptBackend]:
    configured = Service(name="host", kind=ServiceKind.FAKEGPT, url=host.base_url, history=history)
    transport = Transport(configured)
    manager = SessionManager(AccountLogin(transport), transport.address.text)
    try:
        yield FakeGptBackend(transport, manager, retries=RetryPolicy(max_attempts=1))
    finally:
        await manager.aclose()


async def sent(upstream: FaultServer) -> dict[str, object]:
    body = json.loads((await upstream.arrived(CHAT)).body)
    assert isinstance(body, dict)
    return body


async def test_a_reply_goes_through_as_it_comes(upstream: FaultServer) -> None:
    upstream.script(CHAT, *stream(says("Grüße "), says("🙂"), end("length"), DONE))
    with host_before(upstream) as host:
        async with client_of(host) as client:
            events = await events_of(client)
    assert text_of(events) == "Grüße 🙂"
    assert events[-1] == ReplyEnded(FinishReason.LENGTH)


async def test_a_packed_conversation_is_one_message_of_the_person(upstream: FaultServer) -> None:
    upstream.script(CHAT, *replies("Hi"))
    path = (
        ContextMessage("system", "S"),
        ContextMessage("user", "A"),
        ContextMessage("assistant", "B"),
        ContextMessage("user", "C"),
    )
    with host_before(upstream) as host:
        async with client_of(host) as client:
            await events_of(client, ReplyRequest(messages=path, model="model-1"))
    packed = "System: S\nUser: A\nAssistant: B\nUser: C\nAssistant:"
    assert (await sent(upstream))["messages"] == [{"role": "user", "content": packed}]


async def test_models_of_the_upstream_are_those_of_the_host(upstream: FaultServer) -> None:
    with host_before(upstream) as host:
        async with client_of(host) as client:
            assert [model.id for model in await client.models()] == ["model-1"]


@pytest.mark.parametrize(("asked", "answers"), [(OLD_MODEL, "b"), ("", "b"), ("a", "a")])
async def test_models_that_are_unknown_here_are_the_services_own(asked: str, answers: str) -> None:
    async with FaultServer() as upstream:
        upstream.script(MODELS, *lists({"id": "a"}, {"id": "b"}))
        upstream.script(CHAT, *replies("Hi"))
        with host_before(upstream, model="b") as host:
            async with client_of(host) as client:
                await events_of(client, ReplyRequest(messages=OLD_PROMPT.messages, model=asked))
        assert (await sent(upstream))["model"] == answers


async def test_without_a_list_the_configured_model_answers() -> None:
    async with FaultServer() as upstream:
        upstream.script(MODELS, *refuses(401))
        upstream.script(CHAT, *replies("Hi"))
        with host_before(upstream, model="b") as host:
            async with client_of(host) as client:
                await events_of(client, OLD_PROMPT)
        assert (await sent(upstream))["model"] == "b"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (401, ServiceError),
        (403, RequestRefused),
        (404, RequestRefused),
        (409, Busy),
        (413, PromptTooLong),
        (429, RateLimited),
        (500, Unreachable),
        (503, Unreachable),
    ],
)
async def test_errors_of_the_upstream_reach_the_client_as_what_they_are(
    upstream: FaultServer, status: int, kind: type[ServiceError]
) -> None:
    upstream.script(CHAT, *refuses(status, "So it is.", retry_after="120"))
    with host_before(upstream) as host:
        async with client_of(host) as client:
            came, error = await outcome(client)
    assert came == []
    assert isinstance(error, kind)
    assert "So it is." in str(error)
    if status == 429:
        assert isinstance(error, RateLimited)
        assert error.retry_after == 120


async def test_an_upstream_that_is_gone_is_told(upstream: FaultServer) -> None:
    with host_before(upstream, model="m") as host:
        async with client_of(host) as client:
            await client.models()
            await upstream.__aexit__(None, None, None)
            _, error = await outcome(client)
    assert "refused the connection; is it running?" in str(error)


async def test_an_error_in_the_middle_keeps_what_came(upstream: FaultServer) -> None:
    broken = event({"error": {"message": "The GPU is on fire."}})
    upstream.script(CHAT, *stream(says("some"), broken))
    with host_before(upstream) as host:
        async with client_of(host) as client:
            came, error = await outcome(client)
    assert text_of(came) == "some"
    assert "The GPU is on fire." in str(error)


async def test_a_client_that_leaves_ends_the_request_behind_at_once(
    upstream: FaultServer,
) -> None:
    upstream.script(CHAT, Send(stream_head()), Send(chunk(says("some"))), Stall())
    with host_before(upstream) as host:
        async with client_of(host) as client:
            async with aclosing(client.stream(OLD_PROMPT)) as events:
                assert await anext(events) == TextDelta("some")
                exchange = await upstream.arrived(CHAT)
                assert not exchange.ended.is_set()
            async with asyncio.timeout(PATIENCE):
                await exchange.ended.wait()


async def test_an_upstream_that_breaks_off_is_told_in_front_at_once(
    upstream: FaultServer,
) -> None:
    upstream.script(CHAT, Send(stream_head()), Send(chunk(says("some"))))
    with host_before(upstream) as host:
        async with client_of(host) as client, asyncio.timeout(PATIENCE):
            came, error = await outcome(client)
    assert text_of(came) == "some"
    assert "closed the connection" in str(error)


async def test_a_conversation_that_is_continued_by_its_id_is_sent_as_turns(
    upstream: FaultServer,
) -> None:
    upstream.script(CHAT, *replies("B"))
    with host_before(upstream, model="model-1") as host:
        async with client_of(host, history=History.SERVER) as client:
            asked = ReplyRequest(messages=(ContextMessage("user", "A"),), model=OLD_MODEL)
            events = await events_of(client, asked)
            (at,) = [event for event in events if isinstance(event, RemoteIdAssigned)]
            path = (*asked.messages, ContextMessage("assistant", "B"), ContextMessage("user", "C"))
            place = RemoteParent(at.conversation_id, at.message_id)
            assert (
                text_of(
                    await events_of(
                        client, ReplyRequest(messages=path, model=OLD_MODEL, remote_parent=place)
                    )
                )
                == "B"
            )
    sent_again = json.loads((await upstream.arrived(CHAT, 2)).body)["messages"]
    assert sent_again == [
        {"role": "user", "content": "A"},
        {"role": "assistant", "content": "B"},
        {"role": "user", "content": "C"},
    ]


BOM = b"\xef\xbb\xbf"
HI = says("Hi")


@pytest.mark.parametrize(
    ("events", "finish", "total"),
    [
        ((HI, end(), DONE, DONE), "stop", None),
        ((HI, end(), DONE, says(" and more"), DONE), "stop", None),
        ((usage(7, 2), HI, end(), DONE), "stop", 9),
        ((b": hello\n\n", HI, b":\n\n", end("length"), b": bye\n\n", DONE), "length", None),
        ((BOM + HI, end(), DONE), "stop", None),
        (tuple(each.replace(b"\n", b"\r\n") for each in (HI, end(), DONE)), "stop", None),
        ((HI, DONE), "stop", None),
        ((HI,), None, None),
    ],
    ids=[
        "two ends",
        "text after it",
        "usage first",
        "comments",
        "mark",
        "crlf",
        "no reason",
        "cut",
    ],
)
@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
async def test_what_services_do_oddly_is_a_plain_completion_in_front(
    upstream: FaultServer,
    events: tuple[bytes, ...],
    finish: str | None,
    total: int | None,
    streams: bool,
) -> None:
    upstream.script(CHAT, *stream(*events))
    asked = {"model": "model-1", "messages": [{"role": "user", "content": "Hi"}]}
    if streams:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    with host_before(upstream) as host:
        async with calling(host) as client:
            answer = await client.post(CHAT, json=asked)
    if not streams:
        body = answer.json()
        assert (answer.status_code == 200) is (finish is not None)
        if finish:
            (choice,) = body["choices"]
            assert (choice["message"]["content"], choice["finish_reason"]) == ("Hi", finish)
            assert total in (None, body["usage"]["total_tokens"])
        return
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert ("[DONE]" in lines) is (finish is not None)
    assert lines.count("[DONE]") <= 1
    chunks = [json.loads(line) for line in lines if line != "[DONE]"]
    choices = [choice for each in chunks for choice in each.get("choices", ())]
    assert "".join(each["delta"].get("content") or "" for each in choices) == "Hi"
    reasons = [each["finish_reason"] for each in choices if each["finish_reason"]]
    assert reasons == ([finish] if finish else [])
    assert any("error" in each for each in chunks) is (finish is None)
    if total:
        assert chunks[-1]["usage"]["total_tokens"] == total


def reply_requests() -> set[int]:
    """Those that are in memory; a test before may have left some."""
    return {id(each) for each in gc.get_objects() if type(each) is ReplyRequest}


@pytest.mark.parametrize(
    ("ends", "path"),
    [("refused", CHAT), ("cut", CHAT), ("left", CHAT), ("left", "/api/conversation")],
)
async def test_a_reply_that_ends_early_leaves_nothing_for_the_garbage_collector(
    upstream: FaultServer, ends: str, path: str
) -> None:
    """All of a stream would wait for it, a tenth of a megabyte for each."""
    begun = [Send(stream_head()), Send(chunk(HI))]
    script = {"refused": refuses(400), "cut": [*begun, Reset()], "left": [*begun, Stall()]}[ends]
    body = prompt_body("Hi") | {"stream": True} | ({"model": "model-1"} if path == CHAT else {})
    if path == CHAT:
        body["messages"] = [{"role": "user", "content": "Hi"}]
    with host_before(upstream) as host:
        async with signed_in(host) as client:
            gc.collect()
            gc.disable()
            before = reply_requests()
            try:
                upstream.script(CHAT, *script)
                async with client.stream("POST", path, json=body) as response:
                    if ends != "left":
                        await response.aread()
                await until(lambda: host.running_replies == 0)
                await until(lambda: reply_requests() <= before)
            finally:
                gc.enable()
