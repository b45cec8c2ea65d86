import asyncio
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import repeat
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import ConfigError, ReplyEnded, TextDelta
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.server import HostServer
from tests.host.calls import (
    NO_TLS,
    asking,
    calling,
    is_closed,
    messages,
    prompt_body,
    raw,
    reply_texts,
    signed_in,
    until,
)
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]


def host_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "fakegpt" in thread.name]


def test_the_base_url_is_of_this_machine_only() -> None:
    with HostServer(ScriptedBackend(), secret_path=False) as host:
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", host.base_url)
    with HostServer(ScriptedBackend()) as host:
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/[\w-]{43}", host.base_url)


def test_starting_and_stopping_twice_is_no_harm() -> None:
    host = HostServer(ScriptedBackend())
    assert host.base_url == ""
    assert host.start() == host.start() == host.base_url
    host.stop()
    host.stop()
    with pytest.raises(RuntimeError):
        host.start()


def test_stopping_what_never_started_is_no_harm() -> None:
    HostServer(ScriptedBackend()).stop()


def test_a_stopped_host_leaves_no_thread_and_no_port() -> None:
    with HostServer(ScriptedBackend(), secret_path=False) as host:
        assert host_threads()
        address = urlsplit(host.base_url)
    assert not host_threads()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
    with HostServer(ScriptedBackend(), port=address.port or 0, secret_path=False) as again:
        assert again.base_url == host.base_url


def test_a_port_that_is_taken_is_named() -> None:
    with HostServer(ScriptedBackend()) as host:
        port = urlsplit(host.base_url).port
        with pytest.raises(ConfigError, match=f"127.0.0.1 port {port}"):
            HostServer(ScriptedBackend(), port=port or 0).start()


def test_signals_are_left_to_the_program() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with HostServer(ScriptedBackend()):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_backend_made_for_the_host_lives_in_its_loop_and_is_closed() -> None:
    backend = ScriptedBackend()
    made_in: list[str] = []

    def make() -> ScriptedBackend:
        assert asyncio.get_running_loop()
        made_in.append(threading.current_thread().name)
        return backend

    with HostServer(make):
        assert made_in == host_threads()
        assert not backend.closed
    assert backend.closed


def test_a_backend_that_was_given_is_left_open() -> None:
    backend = ScriptedBackend()
    with HostServer(backend):
        pass
    assert not backend.closed


def test_a_backend_that_cannot_be_made_leaves_nothing_behind() -> None:
    def make() -> ScriptedBackend:
        raise ConfigError("There is no such service.")

    with pytest.raises(ConfigError, match="no such service"):
        HostServer(make).start()
    assert not host_threads()


@pytest.mark.parametrize("many", [1, 8])
async def test_stopping_tells_every_open_reply_that_it_was_cut(many: int) -> None:
    backend = ScriptedBackend(*[(TextDelta("some"), Gate())] * many)
    host = HostServer(backend)
    host.start()
    async with signed_in(host) as client:
        has_text = [asyncio.Event() for _ in range(many)]

        async def listen(event: asyncio.Event) -> list[dict[str, object]]:
            seen = []
            async with asking(client) as response:
                async for message in messages(response):
                    seen.append(message)
                    if "some" in reply_texts([message]):
                        event.set()
            return seen

        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            listeners = [group.create_task(listen(event)) for event in has_text]
            for event in has_text:
                await event.wait()
            await asyncio.to_thread(host.stop)
    for listener in listeners:
        assert list(reply_texts(listener.result()))[-1] == "some"
        assert "stopped" in str(listener.result()[-1]["error"])
    assert backend.playing == 0
    assert not host_threads()


async def test_a_connection_ends_when_it_was_idle_for_as_long_as_is_said(serve: Serve) -> None:
    host = serve(limits=ConnectionLimits(idle_seconds=0), secret_path=False)
    address = urlsplit(host.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET /healthz HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        assert (await reader.read()).endswith(b'{"status": "ok"}')
    writer.close()


async def test_no_request_comes_after_those_that_are_answered_when_it_accepts_no_more(
    serve: Serve,
) -> None:
    gate = Gate()
    host = serve((TextDelta("x"), gate, ReplyEnded()))
    address = urlsplit(host.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    path = f"{address.path}/healthz"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    assert b"200 OK" in await reader.readuntil(b"}")
    async with signed_in(host) as client, asking(client) as response:
        events = messages(response)
        await anext(events)
        host.stop_accepting()
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
        gate.open()
        assert "finished_successfully" in str([event async for event in events])
        with pytest.raises(httpx.TransportError):
            await client.get("/healthz")
    writer.close()


async def test_stopping_refuses_replies_that_have_not_begun() -> None:
    backend = ScriptedBackend((Gate(),))
    host = HostServer(backend)
    host.start()
    async with signed_in(host) as client, asyncio.timeout(PATIENCE):
        asked = asyncio.create_task(client.post("/api/conversation", json=prompt_body()))
        await until(lambda: backend.playing == 1)
        await asyncio.to_thread(host.stop)
        response = await asked
    assert response.status_code == 502
    assert "stopped" in response.json()["detail"]["message"]


@pytest.mark.parametrize("text", ["x" * 10, "x" * 100_000], ids=["short", "long"])
async def test_stopping_waits_for_no_client_that_does_not_read(text: str) -> None:
    backend = ScriptedBackend(repeat(TextDelta(text), 1_000))
    host = HostServer(backend)
    host.start()
    async with signed_in(host) as client, asking(client) as response:
        assert response.status_code == 200
        async with asyncio.timeout(PATIENCE):
            await asyncio.to_thread(host.stop)
        assert not host_threads()
    assert backend.playing == 0


async def test_a_backend_that_does_not_let_go_does_not_keep_the_program() -> None:
    class Clinging(ScriptedBackend):
        async def aclose(self) -> None:
            await asyncio.Event().wait()

    host = HostServer(Clinging)
    host.start()
    async with asyncio.timeout(PATIENCE):
        await asyncio.to_thread(host.stop)
    assert not host_threads()


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET /api/loads HT",
        b"GET /api/loads HTTP/1.1\r\nHost: x\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken_k",
    ],
)
async def test_a_request_that_does_not_come_is_not_waited_for(serve: Serve, head: bytes) -> None:
    host = serve(secret_path=False, limits=ConnectionLimits(request_seconds=0.1))
    address = urlsplit(host.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head.replace(b"{host}", address.netloc.encode()))
    assert await is_closed(reader)
    writer.close()


async def test_the_deadline_is_for_requests_and_not_for_replies(serve: Serve) -> None:
    gate = Gate()
    host = serve(
        (TextDelta("x"), gate, ReplyEnded()),
        limits=ConnectionLimits(request_seconds=1.0),
        ping_seconds=0.2,
    )
    async with signed_in(host) as client, asking(client) as response:
        pings = 0
        async for line in response.aiter_lines():
            pings += line.startswith(":")
            if pings == 8:  # later than the deadline
                gate.open()
    assert pings >= 8
    assert line == ""


async def test_half_open_connections_lock_no_client_out(serve: Serve) -> None:
    host = serve(secret_path=False, limits=ConnectionLimits(connections=8))
    address = urlsplit(host.base_url)
    held = [await asyncio.open_connection(address.hostname, address.port) for _ in range(60)]
    for _, writer in held:
        writer.write(b"GET /api/loads HTTP/1.1\r\nHost: ")
    async with calling(host) as client:
        assert (await client.get("/api/loads")).status_code == 200
    # The oldest have made room, without waiting for their deadline.
    assert all([await is_closed(reader) for reader, _ in held[:50]])
    for _, writer in held:
        writer.close()


async def test_where_every_connection_is_being_answered_a_further_one_is_told(
    serve: Serve,
) -> None:
    backend = ScriptedBackend(*[(TextDelta("x"), Gate())] * 4)
    host = serve(backend=backend, secret_path=False, limits=ConnectionLimits(connections=4))
    own = urlsplit(host.base_url).netloc
    async with signed_in(host) as client, asyncio.TaskGroup() as group:
        body = prompt_body()
        asked = [group.create_task(client.post("/api/conversation", json=body)) for _ in range(4)]
        await until(lambda: backend.playing == 4)
        assert await raw(host, "GET /api/loads HTTP/1.1", f"Host: {own}") == 503
        for task in asked:
            task.cancel()
    await until(lambda: backend.playing == 0)


_NOISY = """
import socket
from urllib.parse import urlsplit
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.host.server import HostServer

class Buggy(ScriptedBackend):
    async def models(self):
        raise ZeroDivisionError

with HostServer(Buggy(), secret_path=False) as host:
    import httpx
    with httpx.Client(base_url=host.base_url, trust_env=False) as client:
        account = client.get("/api/loads").json()["loads"][0]["token_id"]
        form = {"token_key": account, "session_password": "k3vq0zt1ab"}
        client.post("/auth/login", data=form)
        token = client.cookies["credential"]
        assert client.get("/nowhere").status_code == 404
        assert client.get("/api/models", headers={"X-Authorization": token}).status_code == 500
    address = urlsplit(host.base_url)
    for head in (b"NONSENSE\\r\\n\\r\\n", b"GET / HTTP/1.1\\r\\nUpgrade: websocket\\r\\n"
                 b"Connection: upgrade\\r\\nHost: x\\r\\n\\r\\n"):
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(head)
            connection.recv(1000)
"""


def test_nothing_is_ever_printed_whatever_goes_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _NOISY], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_program_may_end_without_stopping_its_host() -> None:
    code = (
        "from fakegpt_tui.backends.scripted import ScriptedBackend\n"
        "from fakegpt_tui.host.server import HostServer\n"
        "HostServer(ScriptedBackend()).start()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


async def test_an_address_of_version_six_works_too(serve: Serve) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    try:
        host = serve(host="::1")
    except ConfigError:
        pytest.skip("no IPv6 on this machine")
    async with httpx.AsyncClient(base_url=host.base_url, trust_env=False, verify=NO_TLS) as client:
        assert (await client.get("/api/loads")).status_code == 200


async def test_bound_to_every_address_the_host_answers_only_to_addresses(serve: Serve) -> None:
    host = serve(host="0.0.0.0", secret_path=False, keyless=True)
    port = urlsplit(host.base_url).port
    async with calling(host) as client:
        assert (await client.get("/api/loads")).status_code == 200
        other = httpx.URL(f"http://127.0.0.2:{port}/api/loads")
        assert (await client.get(other)).status_code == 200
        rebound = await client.get("/api/loads", headers={"Host": f"evil.test:{port}"})
        assert rebound.status_code == 421
