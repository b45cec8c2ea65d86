"""What a client may take of the host, over real connections."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from functools import partial
from itertools import repeat
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import ReplyEnded, StreamEvent, TextDelta
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.server import HostServer
from tests.host.calls import calling, is_closed, prompt_body, signed_in, until
from tests.host.keys import new_key
from tests.patience import PATIENCE, shortest

Serve: TypeAlias = Callable[..., HostServer]

MEGABYTE = b"x" * 1_000_000


async def connected(host: HostServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(host.base_url)
    return await asyncio.open_connection(address.hostname, address.port)


async def in_parts(number: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it will be."""
    for _ in range(number):
        yield MEGABYTE


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_of_more_than_forty_megabytes_is_not_taken(
    serve: Serve, announced: bool
) -> None:
    async with signed_in(serve()) as client:
        content = MEGABYTE * 41 if announced else in_parts(41)
        response = await client.post(
            "/api/conversation", content=content, headers={"Content-Type": "application/json"}
        )
    assert response.status_code == 413
    assert response.json()["detail"]["code"] == "message_length_exceeds_limit"


async def test_a_prompt_of_nine_megabytes_is_taken(serve: Serve) -> None:
    backend = ScriptedBackend((TextDelta("x"), ReplyEnded()))
    prompt = MEGABYTE.decode() * 9
    async with signed_in(serve(backend=backend)) as client:
        response = await client.post("/api/conversation", json=prompt_body(prompt))
    assert response.status_code == 200
    assert len(backend.requests[0].messages[0].text) == 9_000_000


async def test_a_body_of_nothing_but_brackets_is_refused_without_harm(serve: Serve) -> None:
    async with signed_in(serve()) as client:
        for content in (b"[" * 1_000_000, b'{"a":' * 1_000_000):
            response = await client.post(
                "/api/conversation", content=content, headers={"Content-Type": "application/json"}
            )
            assert response.status_code == 400
        assert (await client.get("/api/models")).status_code == 200


async def test_three_hundred_half_open_requests_are_closed_and_slow_no_client_down(
    serve: Serve,
) -> None:
    patient = serve(secret_path=False, limits=ConnectionLimits(request_seconds=10 * PATIENCE))
    quick = serve(secret_path=False, limits=ConnectionLimits(request_seconds=0.5))
    for host in (patient, quick):
        held = [await connected(host) for _ in range(300)]
        for _, writer in held:
            writer.write(b"GET /api/loads HTTP/1.1\r\nHost: ")
        if host is patient:
            async with calling(host) as client, asyncio.timeout(PATIENCE):
                assert (await client.get("/api/loads")).status_code == 200
        else:
            assert all(await asyncio.gather(*(is_closed(reader) for reader, _ in held)))
        for _, writer in held:
            writer.close()


async def test_a_request_that_comes_byte_by_byte_has_the_same_time_as_any_other(
    serve: Serve,
) -> None:
    host = serve(secret_path=False, limits=ConnectionLimits(request_seconds=0.3))
    reader, writer = await connected(host)

    async def drip() -> None:
        for byte in b"GET /api/loads HTTP/1.1\r\nHost: " + b"x" * 1_000:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    assert await is_closed(reader)
    dripping.cancel()
    writer.close()


async def test_a_request_that_never_ends_does_not_count_on_its_key(serve: Serve) -> None:
    key, text = new_key(requests_per_minute=1, burst=1)
    limits = ConnectionLimits(request_seconds=1.0)
    host = serve(
        (TextDelta("x"), ReplyEnded()), keys=KeyRing([key]), secret_path=False, limits=limits
    )
    reader, writer = await connected(host)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {urlsplit(host.base_url).netloc}\r\n"
    head += f"Authorization: Bearer {text}\r\nContent-Type: application/json\r\n"
    writer.write(f'{head}Content-Length: 99\r\n\r\n{{"'.encode())
    assert await is_closed(reader)
    writer.close()
    async with calling(host) as client:
        body = {"messages": [{"role": "user", "content": "Hi"}]}
        headers = {"Authorization": f"Bearer {text}"}
        answers = [
            await client.post("/v1/chat/completions", json=body, headers=headers) for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [200, 429]


def flood() -> Iterator[Step]:
    return repeat(TextDelta("x" * 10_000), 100_000)


async def test_a_client_that_reads_nothing_is_given_up(serve: Serve) -> None:
    backend = ScriptedBackend(flood())
    host = serve(backend=backend, limits=ConnectionLimits(reader_seconds=1.0))
    async with (
        signed_in(host) as client,
        client.stream("POST", "/api/conversation", json=prompt_body()) as response,
    ):
        assert response.status_code == 200
        await until(lambda: backend.playing == 0)


async def test_a_client_that_reads_slowly_is_not_given_up(serve: Serve) -> None:
    script = [*repeat(TextDelta("x" * 1_000), 100), ReplyEnded()]
    host = serve(script, limits=ConnectionLimits(reader_seconds=2), gather_seconds=0.0)
    received = 0
    async with (
        signed_in(host) as client,
        client.stream("POST", "/api/conversation", json=prompt_body()) as response,
    ):
        async for part in response.aiter_raw():
            received += len(part)
            await asyncio.sleep(0.005)
    assert received > 4_000_000
    assert part.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("reads", [True, False])
async def test_the_end_takes_less_than_two_seconds_whatever_clients_do(reads: bool) -> None:
    assert await shortest(partial(seconds_to_the_end, reads=reads), 2) < 2


async def seconds_to_the_end(*, reads: bool) -> float:
    scripts = [(TextDelta("x"), Gate()) if reads else flood() for _ in range(10)]
    host = HostServer(ScriptedBackend(*scripts))
    host.start()

    async def asked(client: httpx.AsyncClient) -> str:
        body = prompt_body()
        async with client.stream("POST", "/api/conversation", json=body) as response:
            begun.release()
            if not reads:
                await over.wait()
                return ""
            return "".join([text async for text in response.aiter_text()])

    begun, over = asyncio.Semaphore(0), asyncio.Event()
    async with signed_in(host) as client:
        asking = [asyncio.create_task(asked(client)) for _ in range(10)]
        for _ in asking:
            await begun.acquire()
        started = time.monotonic()
        await asyncio.to_thread(host.stop)
        taken = time.monotonic() - started
        over.set()
        streams = await asyncio.gather(*asking)
    if reads:
        assert all("The host was stopped" in stream for stream in streams)
    return taken


async def test_neither_prompts_nor_tokens_come_into_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Buggy(ScriptedBackend):
        async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
            yield TextDelta(request.messages[-1].text)
            raise ZeroDivisionError

    caplog.set_level(logging.DEBUG, "fakegpt_tui")
    async with signed_in(serve(backend=Buggy())) as client:
        token = str(client.headers["X-Authorization"]).removeprefix("Bearer ")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/api/conversation", json=prompt_body("canary-prompt"))
        answers = [await client.get(path) for path in ("/api/loads", "/nowhere", "/api/models")]
    logged = "\n".join(
        json.dumps([record.getMessage(), record.exc_text or ""])
        for record in caplog.records
        if record.name.startswith("fakegpt_tui")
    )
    assert "ZeroDivisionError" in logged
    assert "canary-prompt" not in logged
    assert token not in logged
    assert not any("server" in answer.headers for answer in answers)
