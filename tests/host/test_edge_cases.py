"""Edge cases of a host for a team: moments at which clients leave, keys end, and limits meet."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import Model, ReplyEnded, StreamEvent, TextDelta, now
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing, digest_of, generate_key
from fakegpt_tui.host.server import HostServer
from tests.host.calls import PASSWORD, asking, calling, messages, prompt_body, signed_in, until
from tests.host.keys import new_key
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]
ASKED = {"model": "scripted", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
API_PATHS = ("/v1/chat/completions", "/v1/messages")
REPLY = (TextDelta("Hello"), ReplyEnded())


class Watched(ScriptedBackend):
    """Says some words, and then waits for far too long; tells whether it was closed."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = words
        self.is_waiting = asyncio.Event()
        self.is_closed = False

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        self.requests.append(request)
        try:
            for word in self.words:
                yield TextDelta(word)
            self.is_waiting.set()
            await asyncio.sleep(10 * PATIENCE)
            yield ReplyEnded()
        finally:
            self.is_closed = True


def request_head(host: HostServer, path: str, body: bytes) -> bytes:
    """What precedes `body` in a request of an API, which says its version."""
    head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(host.base_url).netloc}\r\n"
    head += "Anthropic-Version: 2023-06-01\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode()


@pytest.mark.parametrize("path", API_PATHS)
@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("words", [(), ("Hello",)], ids=["before the first word", "after it"])
async def test_the_service_is_left_at_once_whenever_a_client_leaves(
    serve: Serve, streams: bool, words: tuple[str, ...], path: str
) -> None:
    """Also while pings are sent: there is one every few milliseconds, or none for long."""
    backend = Watched(*words)
    host = serve(backend=backend, secret_path=False, ping_seconds=0.01 if words else PATIENCE)
    address = urlsplit(host.base_url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as client:
        body = json.dumps(ASKED | {"stream": streams}).encode()
        client.sendall(request_head(host, path, body) + body)
        await until(backend.is_waiting.is_set)
    await until(lambda: backend.is_closed)
    await until(lambda: host.running_replies == 0)


@pytest.mark.parametrize("path", API_PATHS)
@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("words", [(), ("Hello",)], ids=["before the first word", "after it"])
async def test_a_client_that_has_only_nothing_more_to_send_is_still_answered(
    serve: Serve, streams: bool, words: tuple[str, ...], path: str
) -> None:
    gate = Gate()

    class Talking(Watched):
        async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
            self.requests.append(request)
            for word in self.words:
                yield TextDelta(word)
            self.is_waiting.set()
            await gate.wait()
            yield TextDelta(" again")
            yield ReplyEnded()

    backend = Talking(*words)
    host = serve(backend=backend, secret_path=False)
    address = urlsplit(host.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    body = json.dumps(ASKED | {"stream": streams}).encode()
    writer.write(request_head(host, path, body) + body)
    await until(backend.is_waiting.is_set)
    writer.write_eof()
    # What it is sent to find out whether it is there, no client minds.
    probe = b": ping" if streams and words else b"HTTP/1.1 100 Continue\r\n\r\n"
    async with asyncio.timeout(PATIENCE):
        came = await reader.readuntil(probe)
        gate.open()
        came += await reader.read()
    writer.close()
    assert b" again" in came
    assert came.count(b"HTTP/1.1 200") == 1
    assert (b"[DONE]" in came or b"event: message_stop" in came) is streams


async def test_a_rotated_key_is_one_key_with_one_limit_until_its_grace_is_over(
    serve: Serve,
) -> None:
    key, old = new_key(requests_per_minute=1, burst=2)
    _, secret = generate_key(key.id)
    new, hour = secret.reveal(), timedelta(hours=1)
    rotated = replace(key, digest=digest_of(new), old_digest=key.digest, old_until=now() + hour)
    async with calling(serve(*[REPLY] * 3, keys=KeyRing([rotated]))) as client:
        found = []
        for text in (old, new, old, new):
            headers = {"Authorization": f"Bearer {text}"}
            response = await client.post("/v1/chat/completions", json=ASKED, headers=headers)
            found.append(response.status_code)
    assert found == [200, 200, 429, 429]
    over = KeyRing([replace(rotated, old_until=now() - hour)])
    assert over.find(old) is None
    assert over.find(new) is not None


async def test_a_key_that_expires_under_a_reply_ends_no_reply_but_the_next_request(
    serve: Serve,
) -> None:
    gate, (key, text) = Gate(), new_key()
    host = serve((TextDelta("x"), gate, ReplyEnded()), keys=KeyRing([key]))
    async with calling(host) as client:
        client.headers["Authorization"] = text
        async with asking(client) as response:
            events = messages(response)
            await anext(events)
            host.reload(HostNames(), KeyRing([replace(key, expires_at=now())]))
            gate.open()
            rest = [event async for event in events]
        assert "finished_successfully" in str(rest)
        assert (await client.get("/api/models")).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "has_usage"),
    [
        ({"stream": True}, 200, False),
        ({"stream": True, "stream_options": None}, 200, False),
        ({"stream": True, "stream_options": {}}, 200, False),
        ({"stream": True, "stream_options": {"include_usage": None}}, 200, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, 200, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, 200, True),
        ({"stream": False, "stream_options": {"include_usage": True}}, 400, False),
        ({"stream_options": {"include_usage": True}}, 400, False),
    ],
)
async def test_usage_is_told_where_it_is_asked_for_and_refused_without_a_stream(
    serve: Serve, changes: dict[str, object], status: int, has_usage: bool
) -> None:
    async with calling(serve(REPLY, secret_path=False)) as client:
        response = await client.post("/v1/chat/completions", json=ASKED | changes)
    assert response.status_code == status
    assert ('"choices": [], "usage"' in response.text) is has_usage


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "api-key"])
async def test_no_conversation_of_another_key_is_told_apart_from_none(
    serve: Serve, header: str
) -> None:
    (first, one), (second, other) = new_key(), new_key()
    host = serve(*[REPLY] * 2, keys=KeyRing([first, second]))
    async with calling(host) as client:
        body = prompt_body(history_and_training_disabled=False)
        answer = await client.post("/api/conversation", json=body, headers={"X-API-Key": one})
        (event,) = [line for line in answer.text.splitlines() if "conversation_id" in line][:1]
        known = json.loads(event.removeprefix("data: "))["conversation_id"]
        unknown = known[::-1].replace("-", "0")
        for method, path in (("GET", "{}"), ("PATCH", "{}"), ("POST", "gen_title/{}")):
            found = [
                await client.request(
                    method,
                    f"/api/conversation/{path.format(each)}",
                    json={"title": "x", "message_id": "x"} if method != "GET" else None,
                    headers={header: f"Bearer {other}" if "uth" in header else other},
                )
                for each in (known, unknown)
            ]
            assert found[0].status_code == found[1].status_code >= 400
            assert found[0].text.replace(known, "") == found[1].text.replace(unknown, "")


async def test_fields_that_would_choose_where_a_request_goes_are_refused_and_nothing_is_fetched(
    serve: Serve,
) -> None:
    asked: list[str] = []

    async def canary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(repr(await reader.readline()))
        writer.close()

    async with await asyncio.start_server(canary, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        host = serve(backend=ScriptedBackend(REPLY), secret_path=False)
        picture = {"type": "image_url", "image_url": {"url": url}}
        bodies: list[dict[str, object]] = [
            ASKED | {name: url}
            for name in (
                *("api_base", "base_url", "api_key", "headers", "extra_headers", "proxy"),
                *("api_version", "custom_llm_provider", "organization", "backend", "upstream"),
            )
        ]
        bodies += [
            ASKED | {"messages": [{"role": "user", "content": [picture]}]},
            ASKED | {"tools": [{"type": "function", "function": {"name": url}}]},
        ]
        async with calling(host) as client:
            for body in bodies:
                response = await client.post("/v1/chat/completions", json=body)
                assert response.status_code == 400, body
                assert set(response.json()) == {"error"}
        assert asked == []


@pytest.mark.parametrize(
    "name", ["a/b", "a:b", "модель", "x" * 200, "a b", "..", "%2e%2e", "a?b#c", "http://a/b"]
)
async def test_a_model_is_found_whatever_it_is_called(serve: Serve, name: str) -> None:
    class Named(ScriptedBackend):
        async def models(self) -> tuple[Model, ...]:
            return (Model(name),)

    backend = Named(REPLY, REPLY)
    async with calling(serve(backend=backend, secret_path=False)) as client:
        assert (await client.get("/v1/models")).json()["data"][0]["id"] == name
        body = ASKED | {"model": name}
        assert (await client.post("/v1/chat/completions", json=body)).json()["model"] == name
        for unknown in (f"no{name[:100]}", "x" * 201, ""):
            response = await client.post("/v1/chat/completions", json=body | {"model": unknown})
            assert response.status_code in ((200,) if not unknown else (400, 404))


@pytest.mark.parametrize("rounds", [6, pytest.param(400, marks=pytest.mark.long)])
async def test_nothing_that_is_kept_or_told_holds_a_secret(
    serve: Serve, tmp_path: Path, rounds: int
) -> None:
    """Each round is five requests."""
    canary = "canary7431"
    key, text = new_key(requests_per_minute=0, tokens_per_day=0, tokens_per_minute=0)
    log, audit = tmp_path / "access.jsonl", tmp_path / "audit.jsonl"
    host = serve(
        *[REPLY] * 5 * rounds,
        keys=KeyRing([key]),
        secret_path=False,
        access_log=log,
        audit_log=audit,
        metrics=("127.0.0.1", 0),
    )
    told: list[str] = []
    bad = text[:-10] + canary
    async with calling(host) as client:
        for number in range(rounds):
            for given in (text, bad, f"sk-{canary}", canary, f"{text} {canary}"):
                path = "/api/conversation" if number % 2 else "/v1/chat/completions"
                where = ("Authorization", "X-API-Key", "api-key", "Cookie")[number % 4]
                prompt = prompt_body(canary) if number % 2 else ASKED | {"user": canary}
                path = "/api/conversation" if number % 2 else "/v1/chat/completions"
                asked = await client.post(
                    f"{path}?key={canary}",
                    json=prompt,
                    headers={where: given, "User-Agent": canary},
                )
                told.append(asked.text if asked.status_code >= 400 else "")
        for form in ({"token_key": canary, "session_password": bad}, {"access_token": canary}):
            told.append((await client.post("/auth/login", data=form)).text)
            told.append((await client.post("/auth/login_token", data=form)).text)
        told.append((await client.get(f"/{canary}")).text)
        metrics = (await client.get(host.metrics_url)).text
    kept = log.read_text() + audit.read_text() + metrics + "".join(told)
    assert len(log.read_text().splitlines()) > 5 * rounds
    assert canary not in kept
    assert text not in kept
    assert key.digest not in kept


@pytest.mark.parametrize("path", ["/api/models", "/v1/models"])
async def test_who_guesses_keys_has_to_wait_and_who_has_one_has_not(
    serve: Serve, path: str
) -> None:
    key, text = new_key()
    async with calling(serve(keys=KeyRing([key]))) as client:

        async def show(shown: str) -> httpx.Response:
            return await client.get(path, headers={"Authorization": f"Bearer {shown}"})

        guesses = [await show(f"{text[:-9]}{number:09}") for number in range(12)]
        assert [each.status_code for each in guesses] == [401] * 10 + [429] * 2
        assert len({each.text for each in guesses[:10]}) == 1
        assert 1 <= int(guesses[-1].headers["retry-after"]) <= 6
        assert (await show(text)).status_code == 200
        assert (await client.get(path)).status_code == 401


async def test_no_answer_may_be_kept_by_caches(serve: Serve) -> None:
    async with calling(serve(*[REPLY] * 3, secret_path=False)) as client:
        answers = [
            await client.get("/api/loads"),
            await client.get("/v1/models"),
            await client.get("/nowhere"),
            await client.get("/healthz"),
            await client.get("/api/models"),
            await client.put("/v1/chat/completions"),
            await client.post("/v1/chat/completions", json=ASKED),
            await client.post("/v1/chat/completions", json=ASKED | {"stream": True}),
            await client.get("/v1/models", headers={"Host": "evil.example"}),
            await client.get("/v1/models", headers={"Origin": "https://evil.example"}),
        ]
    assert {answer.status_code for answer in answers} == {200, 401, 403, 404, 405, 421}
    assert all("no-store" in answer.headers["cache-control"] for answer in answers)


async def test_a_login_form_has_a_bound_of_its_own(serve: Serve) -> None:
    async with calling(serve(secret_path=False)) as client:
        form = {"token_key": "x" * 70_000, "session_password": PASSWORD}
        assert (await client.post("/auth/login", data=form)).status_code == 413


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/conversation"])
async def test_a_client_that_reads_late_gets_all_that_was_said(serve: Serve, path: str) -> None:
    words = [f"{number:04} ".ljust(100, "x") for number in range(200)]
    gate = Gate()

    class Talking(Watched):
        async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
            self.requests.append(request)
            for word in words:
                yield TextDelta(word)
            self.is_waiting.set()
            await gate.wait()
            yield ReplyEnded()

    backend = Talking()
    host = serve(backend=backend, secret_path=False, gather_seconds=0.0)
    async with signed_in(host) as client:
        token = client.headers["X-Authorization"]
    address = urlsplit(host.base_url)
    body = json.dumps(ASKED | {"stream": True} if "v1" in path else prompt_body()).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Authorization: {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with socket.socket() as late:
        late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        late.connect((str(address.hostname), address.port or 0))
        late.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
        await until(backend.is_waiting.is_set)
        gate.open()
        late.setblocking(False)
        came = b""
        async with asyncio.timeout(PATIENCE):
            while part := await asyncio.get_running_loop().sock_recv(late, 65_536):
                came += part
    assert b"[DONE]" in came
    assert words[-1].encode() in came
    if "v1" in path:
        assert [came.count(word.encode()) for word in words] == [1] * len(words)


async def test_a_reply_that_ends_as_its_client_leaves_leaves_nothing_behind(serve: Serve) -> None:
    host = serve(*[REPLY] * 20, secret_path=False)
    async with httpx.AsyncClient(base_url=host.base_url, trust_env=False) as client:
        for _ in range(20):
            body = ASKED | {"stream": True}
            async with client.stream("POST", "/v1/chat/completions", json=body) as response:
                lines = response.aiter_lines()
                while '"finish_reason": "stop"' not in await anext(lines):
                    pass
                await lines.aclose()  # The end marker is still on its way.
    await until(lambda: host.running_replies == 0)
