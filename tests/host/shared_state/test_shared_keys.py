"""Access keys in the shared state: made once, good at all hosts, and revoked at all of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import ReplyEnded, TextDelta, now
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import AccessKey, KeyLimits, KeyRing
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.host.shared_state import StateOptions
from fakegpt_tui.host.shared_state.connection import StateConnection
from fakegpt_tui.host.shared_state.keys import RedisKeys, decode_key, encode_key
from tests.cli.program import Home
from tests.host.calls import calling
from tests.host.keys import new_key
from tests.host.shared_state.engine import PATIENCE, Engine

Serve: TypeAlias = Callable[..., HostServer]

TOKEN_KEY = b"k" * 32
BODY = {"model": "", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


@pytest.fixture
async def books(engine: Engine) -> AsyncIterator[list[RedisKeys]]:
    """The keys as three processes see them."""
    connections = [StateConnection(engine.url, seconds=PATIENCE) for _ in range(3)]
    yield [RedisKeys(each) for each in connections]
    for each in connections:
        await each.close()


async def status(client: httpx.AsyncClient, text: str, expected: int) -> None:
    """Wait until a key is answered so."""
    client.headers["Authorization"] = f"Bearer {text}"
    async with asyncio.timeout(PATIENCE):
        while (await client.get("/v1/models")).status_code != expected:
            await asyncio.sleep(0.05)


async def test_a_key_is_made_once_and_good_and_revoked_at_all_hosts(
    serve: Serve, engine: Engine, tmp_path: Path
) -> None:
    home, place = Home(tmp_path), ("--state", engine.url)

    async def admin(*words: str) -> str:
        done = await asyncio.to_thread(home.invoke, "serve-admin", "keys", *words, *place)
        assert done.exit_code == 0, done.output
        return done.stdout

    text = (await admin("new", "--label", "Ada", "--streams", "1")).strip()
    state = StateOptions(url=engine.url, has_keys=True)
    script = (TextDelta("a"), Gate(), ReplyEnded())
    hosts = [serve(script, state=state, token_key=TOKEN_KEY) for _ in range(2)]
    async with calling(hosts[0]) as one, calling(hosts[1]) as two:
        await status(one, text, 200)
        await status(two, text, 200)
        assert "Ada" in await admin("list")
        (key,) = json.loads(await admin("list", "--json"))["keys"]
        renewed = (await admin("rotate", key["id"])).strip()
        await status(one, renewed, 200)
        await status(one, text, 200)
        async with two.stream("POST", "/v1/chat/completions", json=BODY) as response:
            lines = response.aiter_lines()
            await anext(lines)
            refused = await one.post("/v1/chat/completions", json=BODY)
            assert refused.status_code == 429
            await admin("revoke", key["id"])
            assert any("revoked" in line for line in [each async for each in lines])
        await status(one, renewed, 401)
        await admin("limit", key["id"], "--streams", "9")
        (key,) = json.loads(await admin("list", "--json"))["keys"]
        assert (key["state"], key["limits"]["streams"]) == ("revoked", 9)


async def test_a_host_that_has_not_read_the_keys_lets_nobody_in_and_sends_nobody_away(
    serve: Serve, own_engine: Engine
) -> None:
    key, text = new_key()
    own_engine.kill()
    state = StateOptions(url=own_engine.url, has_keys=True)
    host = serve((TextDelta("a"), ReplyEnded()), state=state, keys=KeyRing([key]))
    async with calling(host) as client:
        await status(client, text, 200)
        for path in ("/v1/models", "/api/models"):
            client.headers["Authorization"] = f"Bearer {new_key()[1]}"
            response = await client.get(path)
            assert response.status_code == 503
            assert response.headers["retry-after"] == "2"
        own_engine.start()
        await status(client, new_key()[1], 401)


async def test_what_was_revoked_elsewhere_stays_so_when_the_file_is_read_anew(
    serve: Serve, engine: Engine
) -> None:
    key, text = new_key()
    state = StateOptions(url=engine.url)
    hosts = [serve(keys=KeyRing([key]), state=state) for _ in range(2)]
    hosts[0].reload(HostNames(), KeyRing([replace(key, revoked_at=now())]))
    async with calling(hosts[1]) as client:
        await status(client, text, 401)
        hosts[1].reload(HostNames(), KeyRing([key]))
        assert (await client.get("/v1/models")).status_code == 401


async def test_an_engine_that_was_emptied_is_told_again(
    engine: Engine, books: list[RedisKeys]
) -> None:
    one, two, newcomer = books
    key, other = new_key()[0], new_key()[0]
    assert await one.replace(None, key)
    assert await one.exchange({other.id})
    assert await two.exchange(())
    engine.ask("FLUSHALL")
    await one.exchange({other.id})
    await newcomer.exchange(())
    assert newcomer.keys == [key]
    assert newcomer.revoked == {other.id}
    assert not await one.exchange({other.id}), "nothing is new"


async def test_of_two_who_change_a_key_at_once_the_second_begins_anew(
    books: list[RedisKeys],
) -> None:
    one, two, _ = books
    key = new_key()[0]
    assert await one.replace(None, key)
    assert not await two.replace(None, replace(key, label="twice"))
    assert await one.load() == await two.load() == [key]
    assert await one.replace(key, replace(key, label="one"))
    assert not await two.replace(key, replace(key, label="two"))
    assert await two.load() == [replace(key, label="one")]


KEY = AccessKey(id="a" * 16, digest="0" * 64, created_at=datetime(2026, 1, 1, tzinfo=UTC))
moments = st.datetimes(timezones=st.just(UTC)) | st.none()


@given(st.text(max_size=20), moments, moments, st.lists(st.text(max_size=9)), st.integers(0, 10**9))
def test_a_key_comes_back_as_it_was(
    label: str, expires: datetime | None, revoked: datetime | None, models: list[str], most: int
) -> None:
    limits = KeyLimits(models=tuple(models), tokens_per_day=most)
    key = AccessKey(
        id="a" * 16,
        digest="0" * 64,
        label=label,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=expires,
        revoked_at=revoked,
        old_digest="1" * 64,
        old_until=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(1),
        limits=limits,
    )
    record = encode_key(key)
    assert decode_key(key.id, record) == key
    later = {**json.loads(record), "field_of_a_later_version": 1}
    assert decode_key(key.id, json.dumps(later)) == key


@pytest.mark.parametrize(
    ("key_id", "record"),
    [
        ("\x1b[31m", encode_key(KEY)),
        ("a" * 16, "no JSON"),
        ("a" * 16, "[]"),
        ("a" * 16, "{}"),
        ("a" * 16, '{"digest": "0", "created_at": "yesterday"}'),
        ("a" * 16, '{"digest": "0", "created_at": "2026-01-01T00:00:00+00:00", "limits": 3}'),
    ],
)
def test_what_is_no_key_is_left_out(key_id: str, record: str) -> None:
    assert decode_key(key_id, record) is None
