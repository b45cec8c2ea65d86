"""Admission: what a host answers while it has as many clients as it may have."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.config.access_keys_file import load_access_keys
from fakegpt_tui.domain import Model, ReplyEnded, TextDelta
from fakegpt_tui.host.access_keys import KeyLimits, KeyRing, TotalLimits
from fakegpt_tui.host.connections import HostConnection
from fakegpt_tui.host.limiter import HostFull, Limiter
from fakegpt_tui.host.open_connections import (
    REFUSED,
    AddressCap,
    Admission,
    ConnectionLimits,
    OpenConnections,
    is_loopback,
)
from fakegpt_tui.host.server import HostServer
from tests.host.calls import asking, calling, messages, prompt_body, signed_in
from tests.host.keys import new_key
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]


async def test_a_host_with_all_its_places_taken_says_so_and_its_probes_are_answered(
    serve: Serve,
) -> None:
    gate = Gate()
    backend = ScriptedBackend(*[(TextDelta("x"), gate, ReplyEnded())] * 2)
    host = serve(backend=backend, limits=ConnectionLimits(connections=2), secret_path=False)
    held: list[AsyncGenerator[object]] = []
    async with AsyncExitStack() as stack:
        for _ in range(2):
            client = await stack.enter_async_context(signed_in(host))
            held.append(messages(await stack.enter_async_context(asking(client))))
            await anext(held[-1])
        async with calling(host) as late:
            refused = await late.get("/v1/models")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert "Try again later" in refused.json()["error"]["message"]
            assert refused.json()["detail"] == refused.json()["error"]["message"]
            for probe in ("/healthz", "/readyz"):
                assert (await late.get(probe)).status_code == 200
        gate.open()


def test_an_address_has_as_many_connections_as_it_may() -> None:
    cap = AddressCap(2, is_loopback)
    far, near, other = ("192.0.2.1", 1), ("127.0.0.1", 1), ("192.0.2.2", 1)
    assert [cap.enter(far), cap.enter(far), cap.enter(far)] == [True, True, False]
    assert cap.enter(other)
    assert all(cap.enter(near) for _ in range(9))
    assert all(cap.enter(None) for _ in range(9))
    cap.leave(far)
    cap.leave(far)
    assert cap.enter(far)
    network = [(f"2001:db8::{number}", 1) for number in range(3)]
    assert [cap.enter(each) for each in network] == [True, True, False]
    assert cap.enter(("2001:db8:0:1::1", 1))
    assert all(AddressCap(0, is_loopback).enter(far) for _ in range(9))


async def test_an_address_with_too_many_connections_loses_an_idle_one_and_is_then_refused() -> None:
    begun, going_on = asyncio.Event(), asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            begun.set()
            await going_on.wait()
        await PlainTextResponse("well")(scope, receive, send)

    cap, app = AddressCap(1, lambda _: False), Admission(answer, lambda: False)
    connect = partial(HostConnection, app, OpenConnections(), ConnectionLimits(), cap)
    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def ask(path: str) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return reader

    writers: list[asyncio.StreamWriter] = []
    async with server, asyncio.timeout(PATIENCE):
        first = await ask("/fast")
        assert (await first.readuntil(b"well")).startswith(b"HTTP/1.1 200")
        second = await ask("/slow")
        with suppress(ConnectionResetError):
            assert await first.read() == b""
        await begun.wait()
        assert (await (await ask("/fast")).readline()).startswith(b"HTTP/1.1 503")
        going_on.set()
        assert (await second.readuntil(b"well")).startswith(b"HTTP/1.1 200")
        for writer in writers:
            writer.close()


async def test_a_connection_too_many_of_an_address_is_refused_whatever_it_asks() -> None:
    async def never(*_: object) -> None:
        pytest.fail("it was let through")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope: dict[str, Any] = {"type": "http", "path": "/v1/models", "state": {REFUSED: True}}
    scope |= {"method": "GET", "headers": [], "http_version": "1.1"}
    await Admission(never, lambda: False)(scope, receive, send)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]


async def test_all_keys_together_have_limits_of_their_own() -> None:
    clock = [0.0]
    total = TotalLimits(streams=2, starts_per_second=3)
    limiter = Limiter(total=total, clock=lambda: clock[0])
    keys = [new_key()[0] for _ in range(3)]
    async with limiter.admit(keys[0], 10), limiter.admit(keys[1], 10):
        with pytest.raises(HostFull):
            await limiter.admit(keys[2], 10).__aenter__()
    async with limiter.admit(keys[2], 10):
        pass
    with pytest.raises(HostFull) as caught:
        await limiter.admit(keys[2], 10).__aenter__()
    assert caught.value.retry_after == pytest.approx(1 / 3, abs=0.01)
    clock[0] += 0.34
    async with limiter.admit(keys[2], 10):
        pass


@pytest.mark.parametrize("path", ["/api/conversation", "/v1/chat/completions", "/v1/messages"])
async def test_a_full_host_is_told_apart_from_a_full_key(serve: Serve, path: str) -> None:
    gate, (key, text) = Gate(), new_key()
    backend = ScriptedBackend((TextDelta("x"), gate, ReplyEnded()))
    host = serve(backend=backend, keys=KeyRing([key]), total=TotalLimits(streams=1))
    async with calling(host) as client:
        client.headers["Authorization"] = f"Bearer {text}"
        async with asking(client) as response:
            events = messages(response)
            await anext(events)
            asked = [{"role": "user", "content": "Hi"}]
            body = {"model": "scripted", "max_tokens": 9, "messages": asked}
            body = prompt_body() if path.startswith("/api") else body
            client.headers["anthropic-version"] = "2023-06-01"
            refused = await client.post(path, json=body)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            gate.open()


async def test_rates_are_told_in_headers(serve: Serve) -> None:
    key, text = new_key(requests_per_minute=60, burst=10, tokens_per_minute=6000)
    script = (TextDelta("x"), ReplyEnded())
    body = {"model": "scripted", "messages": [{"role": "user", "content": "x" * 400}]}
    async with calling(serve(script, script, script, keys=KeyRing([key]))) as client:
        client.headers["Authorization"] = f"Bearer {text}"
        for path, asked in (("/v1/chat/completions", body), ("/api/conversation", prompt_body())):
            told = (await client.post(path, json=asked)).headers
            assert told["x-ratelimit-limit-requests"] == "60"
            assert told["x-ratelimit-limit-tokens"] == "6000"
            assert int(told["x-ratelimit-remaining-requests"]) in (8, 9)
            assert 4_000 < int(told["x-ratelimit-remaining-tokens"]) < 5_000
            assert float(told["x-ratelimit-reset-requests"].removesuffix("s")) > 0
    free, plain = new_key(requests_per_minute=0, tokens_per_minute=0)
    async with calling(serve(script, keys=KeyRing([free]))) as client:
        response = await client.post(
            "/v1/chat/completions", json=body, headers={"X-API-Key": plain}
        )
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


def test_limits_that_a_key_leaves_open_are_those_of_the_host(tmp_path: Path) -> None:
    key, _ = new_key()
    path = tmp_path / "keys.toml"
    path.write_text(f'[keys.{key.id}]\ndigest = "{key.digest}"\nlimits = {{ streams = 7 }}\n')
    path.chmod(0o600)
    (read,) = load_access_keys(path, KeyLimits(requests_per_minute=5, streams=2))
    assert (read.limits.requests_per_minute, read.limits.streams) == (5, 7)
    (read,) = load_access_keys(path)
    assert read.limits.requests_per_minute == KeyLimits().requests_per_minute


async def test_the_operator_sees_replies_under_way_and_ends_some(
    serve: Serve, tmp_path: Path
) -> None:
    gate = Gate()
    (first, one), (second, other) = new_key(), new_key()
    backend = ScriptedBackend(*[(TextDelta("x"), gate, ReplyEnded())] * 3)
    socket, audit = tmp_path / "a.sock", tmp_path / "audit.jsonl"
    host = serve(
        backend=backend, keys=KeyRing([first, second]), admin_socket=socket, audit_log=audit
    )
    replies = []
    async with AsyncExitStack() as stack, over(socket) as admin:
        for text in (one, one, other):
            client = await stack.enter_async_context(calling(host))
            client.headers["Authorization"] = text
            response = await stack.enter_async_context(asking(client))
            events = messages(response)
            await anext(events)
            replies.append((response.headers["x-request-id"], events))
        listed = (await admin.get("/streams")).json()["streams"]
        assert [row["id"] for row in listed] == [request for request, _ in replies]
        assert {row["key"] for row in listed} == {first.id, second.id}
        assert all(row["bytes"] > 0 and row["seconds"] >= 0 for row in listed)
        await stop(admin, 1, id=replies[0][0])
        assert "stopped by the operator" in str([event async for event in replies[0][1]])
        await stop(admin, 1, key=second.id)
        assert "stopped by the operator" in str([event async for event in replies[2][1]])
        await stop(admin, 0, id="no")
        assert (await admin.post("/streams/stop", params={"key": ""})).status_code == 400
        gate.open()
        assert "stopped by" not in str([event async for event in replies[1][1]])
    lines = audit.read_text().splitlines()
    assert len(lines) == 3
    assert '"act": "streams stopped"' in lines[0]
    assert replies[0][0] in lines[0]
    assert '"outcome": "nothing found"' in lines[2]


def over(socket: Path) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def stop(admin: httpx.AsyncClient, count: int, **which: str) -> None:
    ended = await admin.post("/streams/stop", params=which)
    assert ended.json() == {"stopped": count}


def test_a_host_whose_loop_hangs_does_not_answer() -> None:
    go_on = threading.Event()

    class Hanging(ScriptedBackend):
        async def models(self) -> tuple[Model, ...]:
            go_on.wait(PATIENCE)
            return (Model("x"),)

    with HostServer(Hanging(), secret_path=False) as host:
        assert host.answers(PATIENCE)
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(httpx.get, f"{host.base_url}/v1/models", timeout=PATIENCE)
            while host.answers(0.05):
                pass
            go_on.set()
            assert asked.result().status_code == 200
        assert host.answers(PATIENCE)
    assert not host.answers(0.05)
