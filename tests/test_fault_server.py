"""The server that others' tests lean on does what its scripts say."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import pytest

from tests.fault_server import (
    DONE,
    LAST_CHUNK,
    Close,
    FaultServer,
    Reset,
    Send,
    Stall,
    chunk,
    json_reply,
    message_event,
    reply,
    stream,
    stream_head,
)
from tests.patience import PATIENCE


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=PATIENCE)


@asynccontextmanager
async def asking(server: FaultServer, path: str) -> AsyncIterator[asyncio.StreamReader]:
    """Send a bare request for `path` and go away afterwards."""
    host, port = server.host.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nX-Case: Kept\r\n\r\n".encode())
        yield reader
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_script_is_sent_byte_for_byte_and_kept() -> None:
    async with FaultServer() as server:
        server.script("/odd", Send(b"not HTTP at"), Send(b" all"), Close())
        async with asking(server, "/odd?a=1&a=2") as reader:
            assert await reader.read() == b"not HTTP at all"
        exchange = await server.arrived("/odd")
        assert exchange.sent == b"not HTTP at all"
        assert (exchange.method, exchange.query) == ("GET", {"a": ["1", "2"]})
        assert exchange.headers == {"x-case": "Kept"}


async def test_scripts_of_a_path_are_used_in_turn_and_the_last_one_again(
    client: httpx.AsyncClient,
) -> None:
    async with FaultServer() as server, client:
        server.script("/api/models", Send(reply(b"down", status=503)))
        server.script("/api/models", Send(json_reply({"models": []})))
        answers = [await client.get(f"{server.url}/api/models") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert len(server.asked("/api/models")) == 3


async def test_a_path_without_a_script_is_not_found(client: httpx.AsyncClient) -> None:
    async with FaultServer() as server, client:
        assert (await client.get(f"{server.url}/what")).status_code == 404


async def test_the_login_steps_sign_in(client: httpx.AsyncClient) -> None:
    async with FaultServer() as server, client:
        server.sign_in(token="abc", account="account-7")
        loads = await client.get(f"{server.url}/api/loads")
        login = await client.post(f"{server.url}/auth/login", data={"token_key": "account-7"})
        session = await client.get(f"{server.url}/api/auth/session")
    assert loads.json() == {"loads": [{"token_id": "account-7", "count": 0}]}
    assert login.cookies["credential"] == "abc"
    assert server.asked("/auth/login")[0].form == {"token_key": ["account-7"]}
    assert session.json()["accessToken"] == "abc"
    assert "credential=abc" in server.asked("/api/auth/session")[0].headers["cookie"]


async def test_a_healthy_stream_arrives_whole(client: httpx.AsyncClient) -> None:
    async with FaultServer() as server, client:
        server.script("/api/conversation", *stream("Hel", "Hello"))
        answer = await client.post(f"{server.url}/api/conversation", json={"a": 1})
    events = answer.content.removesuffix(DONE).split(b"\n\n")[:-1]
    texts = [json.loads(event[6:])["message"]["content"]["parts"] for event in events]
    assert texts == [["Hel"], ["Hello"], ["Hello"]]
    assert server.exchanges[0].json == {"a": 1}
    assert server.exchanges[0].sent.endswith(chunk(DONE) + LAST_CHUNK)


async def test_a_reset_is_an_error_to_the_client_and_a_close_without_length_is_not(
    client: httpx.AsyncClient,
) -> None:
    cut = (Send(stream_head(chunked=False)), Send(message_event("Hel")))
    async with FaultServer() as server, client:
        server.script("/reset", *cut, Reset())
        server.script("/close", *cut, Close())
        with pytest.raises(httpx.ReadError):
            await client.get(f"{server.url}/reset")
        assert (await client.get(f"{server.url}/close")).content == message_event("Hel")


async def test_a_stalled_exchange_ends_when_the_client_goes_away() -> None:
    async with FaultServer() as server:
        server.script("/stall", Stall())
        async with asking(server, "/stall"):
            exchange = await server.arrived("/stall")
            assert (server.connections, exchange.ended.is_set()) == (1, False)
        await server.idle()
        assert exchange.ended.is_set()


@pytest.mark.parametrize("size", [0, 10_000_000], ids=["stalled", "blocked by a slow reader"])
async def test_closing_the_server_ends_what_is_under_way(size: int) -> None:
    async with AsyncExitStack() as stack:
        async with FaultServer() as server:
            server.script("/stall", Send(b"x" * size), Stall())
            reader = await stack.enter_async_context(asking(server, "/stall"))
            exchange = await server.arrived("/stall")
            assert not exchange.ended.is_set()
        assert exchange.ended.is_set()
        with suppress(ConnectionError):
            assert len(await reader.read()) < 10_000_000
        assert server.connections == 0
