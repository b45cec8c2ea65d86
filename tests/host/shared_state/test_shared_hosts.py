"""Hosts that share their state: any of them answers, and none is missed."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import ReplyEnded, TextDelta, now
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.host.shared_state import StateOptions
from tests.cli.program import COMMAND, Home
from tests.host.calls import NO_TLS, calling, messages, prompt_body, reply_texts, signed_in
from tests.host.keys import new_key
from tests.host.shared_state.engine import PATIENCE, Engine

Serve: TypeAlias = Callable[..., HostServer]
KEY = b"k" * 32


def said(text: str) -> tuple[object, ...]:
    return (TextDelta(text), ReplyEnded())


def asked(prompt: str, **changes: object) -> dict[str, Any]:
    """A prompt whose conversation is kept."""
    return prompt_body(prompt, history_and_training_disabled=False, **changes)


def completion(**changes: object) -> dict[str, object]:
    return {"model": "", "messages": [{"role": "user", "content": "Hi"}], **changes}


@asynccontextmanager
async def streaming(client: httpx.AsyncClient, prompt: str) -> AsyncGenerator[AsyncGenerator[Any]]:
    """The events of a reply whose conversation is kept."""
    async with client.stream("POST", "/api/conversation", json=asked(prompt)) as response:
        assert response.status_code == 200
        yield messages(response)


async def conversation_of(client: httpx.AsyncClient) -> dict[str, Any]:
    (found,) = (await client.get("/api/conversations")).json()["items"]
    return {**found, **(await client.get(f"/api/conversation/{found['id']}")).json()}


def texts(body: dict[str, Any]) -> list[str]:
    """What was said, from the first prompt to the last reply."""
    found: list[str] = []
    node = body["mapping"][body["current_node"]]
    while node.get("message"):
        found.append("".join(node["message"]["content"].get("parts", [])))
        node = body["mapping"].get(node["parent"], {})
    return found[::-1]


async def test_a_conversation_that_began_on_one_host_goes_on_at_another(
    serve: Serve, engine: Engine
) -> None:
    hosts = [
        serve(said(text), said(text), token_key=KEY, state=StateOptions(url=engine.url))
        for text in ("one", "two")
    ]
    async with signed_in(hosts[0]) as first, calling(hosts[1]) as second:
        second.headers["X-Authorization"] = first.headers["X-Authorization"]
        assert (await first.post("/api/conversation", json=asked("Hi"))).status_code == 200
        body = await conversation_of(second)
        assert texts(body) == ["Hi", "one"]
        more = asked("And?", conversation_id=body["id"], parent_message_id=body["current_node"])
        more["messages"][0]["id"] = "00000000-0000-4000-8000-00000000000a"
        assert (await second.post("/api/conversation", json=more)).status_code == 200
        assert texts(await conversation_of(first)) == ["Hi", "one", "And?", "two"]
        await second.patch(f"/api/conversation/{body['id']}", json={"is_visible": False})
        gone = await first.get(f"/api/conversation/{body['id']}")
        assert gone.status_code == 404


async def test_without_the_engine_what_is_kept_is_unavailable_and_never_unknown(
    serve: Serve, own_engine: Engine, tmp_path: Path
) -> None:
    admin = tmp_path / "admin.sock"
    host = serve(
        said("one"),
        said("two"),
        said("three"),
        token_key=KEY,
        state=StateOptions(url=own_engine.url),
        metrics=("127.0.0.1", 0),
        admin_socket=admin,
    )
    async with signed_in(host) as client, httpx.AsyncClient(verify=NO_TLS) as other:
        await client.post("/api/conversation", json=asked("Hi"))
        (known,) = (await client.get("/api/conversations")).json()["items"]
        own_engine.kill()
        for method, path in (
            ("GET", f"/api/conversation/{known['id']}"),
            ("GET", "/api/conversations"),
            ("POST", "/api/conversation"),
        ):
            more = asked("More", conversation_id=known["id"])
            response = await client.request(method, path, json=more)
            assert response.status_code == 503, path
            assert response.headers["retry-after"] == "2"
        fresh = await client.post("/api/conversation", json=asked("Fresh"))
        assert fresh.status_code == 200
        assert "two" in fresh.text
        whole = await client.post("/v1/chat/completions", json=completion())
        assert whole.json()["choices"][0]["message"]["content"] == "three"
        lines = (await other.get(host.metrics_url)).text.splitlines()
        assert "fakegpt_state_lost 1.0" in lines
        assert "fakegpt_state_dropped_total 0.0" in lines
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(admin))) as asker:
            told = await asker.get("http://localhost/status", timeout=PATIENCE)
            assert told.json()["shared_state"] == "lost"
        own_engine.start()
        (begun,) = {each["conversation_id"] async for each in messages(fresh)}
        late = await client.get(f"/api/conversation/{begun}")
        while late.status_code == 503:
            await asyncio.sleep(0.1)
            late = await client.get(f"/api/conversation/{begun}")
        assert texts(late.json()) == ["Fresh", "two"]
        whole = await client.get(f"/api/conversation/{known['id']}")
        assert whole.status_code == 503, "others may have it still to save"


async def test_a_reply_under_way_outlives_the_engine_and_is_kept_by_the_next(
    serve: Serve, own_engine: Engine
) -> None:
    gate = Gate()
    script = (TextDelta("one"), gate, TextDelta(" two"), ReplyEnded())
    host = serve(script, token_key=KEY, state=StateOptions(url=own_engine.url))
    async with signed_in(host) as client:
        async with streaming(client, "Hi") as events:
            first = await anext(events)
            own_engine.kill()
            lost = await client.get("/api/conversations")
            assert lost.status_code == 503
            gate.open()
            seen = [first, *[event async for event in events]]
        assert list(reply_texts(seen))[-1] == "one two"
        own_engine.start()
        path = f"/api/conversation/{first['conversation_id']}"
        kept = await client.get(path)
        while kept.status_code == 503:
            await asyncio.sleep(0.1)
            kept = await client.get(path)
        assert texts(kept.json()) == ["Hi", "one two"]


async def test_a_full_engine_refuses_what_is_new_and_shows_what_is_there(
    serve: Serve, own_engine: Engine
) -> None:
    host = serve(
        said("one"),
        said("two"),
        said("three"),
        token_key=KEY,
        state=StateOptions(url=own_engine.url),
    )
    async with signed_in(host) as client:
        await client.post("/api/conversation", json=asked("Hi"))
        own_engine.ask("CONFIG", "SET", "maxmemory", "1")
        fresh = await client.post("/api/conversation", json=asked("Fresh"))
        assert fresh.status_code == 507
        assert texts(await conversation_of(client)) == ["Hi", "one"]
        assert (await client.post("/v1/chat/completions", json=completion())).status_code == 200


async def test_one_at_a_time_holds_over_all_hosts(serve: Serve, engine: Engine) -> None:
    gate = Gate()
    options = {"token_key": KEY, "state": StateOptions(url=engine.url), "one_at_a_time": True}
    hosts = [
        serve((TextDelta("a"), gate, ReplyEnded()), said("again"), **options),
        serve(said("b"), **options),
    ]
    async with signed_in(hosts[0]) as first, calling(hosts[1]) as second:
        second.headers["X-Authorization"] = first.headers["X-Authorization"]
        async with streaming(first, "Hi") as events:
            await anext(events)
            refused = await second.post("/api/conversation", json=asked("Me, too"))
            assert refused.status_code == 429
            gate.open()
            async for _ in events:
                pass
        assert (await second.post("/api/conversation", json=asked("b"))).status_code == 200


async def test_a_key_that_one_host_knows_to_be_revoked_ends_on_all(
    serve: Serve, engine: Engine
) -> None:
    key, text = new_key()
    gate = Gate()
    options = {"token_key": KEY, "state": StateOptions(url=engine.url)}
    hosts = [
        serve((TextDelta("a"), gate, ReplyEnded()), keys=KeyRing([key]), **options)
        for _ in range(2)
    ]
    async with calling(hosts[1]) as client:
        client.headers["Authorization"] = f"Bearer {text}"
        body = completion(stream=True)
        async with client.stream("POST", "/v1/chat/completions", json=body) as response:
            lines = response.aiter_lines()
            await anext(lines)
            hosts[0].reload(HostNames(), KeyRing([replace(key, revoked_at=now())]))
            rest = [line async for line in lines]
        assert any("revoked" in line for line in rest)
        assert (await client.get("/v1/models")).status_code == 401


@pytest.fixture
def process(tmp_path: Path, engine: Engine) -> Iterator[Callable[[], "Process"]]:
    """Starts hosts as processes of their own."""
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(tmp_path, engine.url))
        return started[-1]

    yield start
    for each in started:
        each.kill()


class Process:
    """`serve` with a shared state, in front of a slow guide."""

    def __init__(self, folder: Path, url: str) -> None:
        home = Home(folder)
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--state", url, "--key-file", str(folder / "key")],
            env=home.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.base_url = self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


async def killed_on_the_way(client: httpx.AsyncClient, host: Process) -> str:
    """What a client had read of a reply when the process that sent it was killed."""
    seen = ""
    with suppress(httpx.HTTPError):
        async with streaming(client, "Show me a table, a list and some code") as events:
            async for event in events:
                (seen,) = list(reply_texts([event])) or [seen]
                if len(seen) > 40:
                    host.kill()
    return seen


async def test_what_a_killed_process_had_said_is_there_at_another(
    process: Callable[[], Process], engine: Engine
) -> None:
    first, second = process(), process()
    async with signed_in(first) as one, calling(second) as two:
        two.headers["X-Authorization"] = one.headers["X-Authorization"]
        seen = await killed_on_the_way(one, first)
        for name in engine.ask("KEYS", "*:a:*").decode().split():
            if name.startswith("fg1:"):
                engine.ask("DEL", name)  # as half a minute would
        body = await conversation_of(two)
        reply = body["mapping"][body["current_node"]]["message"]
        (kept,) = reply["content"]["parts"]
        assert kept
        assert seen.startswith(kept) or kept.startswith(seen)
        assert reply["status"] != "in_progress"
        again = await two.post("/api/conversation", json=asked("hello"))
        assert again.status_code == 200
