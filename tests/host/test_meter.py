"""Limits of access keys: rates, budgets and leases, and how a host refuses."""

import json
import math
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import (
    Model,
    ReplyEnded,
    RequestRefused,
    StreamEvent,
    TextDelta,
    Usage,
    UsageReported,
)
from fakegpt_tui.host.access_keys import KeyLimits, KeyRing
from fakegpt_tui.host.conversation_cache import CacheLimits
from fakegpt_tui.host.limiter import UNLIMITED, Limiter
from fakegpt_tui.host.meter import ArrivalRate, LimitReached, MemoryMeter
from fakegpt_tui.host.server import HostServer
from tests.host.calls import asking, calling, messages, prompt_body
from tests.host.keys import new_key, taken

Serve: TypeAlias = Callable[..., HostServer]

REPLY = (TextDelta("x"), ReplyEnded())


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0
        self.date = datetime(2026, 5, 1, 23, 59, tzinfo=UTC)

    def meter(self) -> MemoryMeter:
        return MemoryMeter(clock=lambda: self.seconds, calendar=lambda: self.date)


async def test_a_burst_is_admitted_at_once_and_then_requests_by_the_minute() -> None:
    clock = Clock()
    meter, limits = clock.meter(), KeyLimits(requests_per_minute=60, burst=3)
    assert [await taken(meter, limits) for _ in range(4)] == [0, 0, 0, pytest.approx(1)]
    clock.seconds += 1
    assert await taken(meter, limits) == 0
    assert await taken(meter, limits) > 0
    assert await taken(meter, KeyLimits(requests_per_minute=60, burst=9)) == 0


async def test_no_more_requests_than_the_rate_in_the_long_run() -> None:
    clock = Clock()
    meter, limits = clock.meter(), KeyLimits(requests_per_minute=60, burst=1)
    admitted = 0
    for _ in range(3000):
        admitted += await taken(meter, limits) == 0
        clock.seconds += 0.1
    assert abs(admitted - 300) <= 1


async def test_tokens_are_reserved_before_and_settled_after() -> None:
    clock = Clock()
    meter = clock.meter()
    limits = KeyLimits(requests_per_minute=0, tokens_per_minute=600)
    assert await taken(meter, limits, 400) == 0
    assert await taken(meter, limits, 400) == pytest.approx(20)
    await meter.settle("k", limits, -300)
    assert await taken(meter, limits, 400) == 0
    await meter.settle("k", limits, 5000)
    assert await taken(meter, limits, 1) > 400
    await meter.settle("k", limits, -50_000)
    assert await taken(meter, limits, 600) == 0
    assert await taken(meter, limits, 1) > 0


async def test_what_is_larger_than_the_limit_is_refused_for_good() -> None:
    with pytest.raises(RequestRefused):
        await Clock().meter().take("k", KeyLimits(tokens_per_minute=100), 101)


async def test_limits_have_sharp_borders() -> None:
    clock = Clock()
    meter = clock.meter()
    assert [await taken(meter, UNLIMITED, 10**9) for _ in range(100)] == [0] * 100
    tokens = KeyLimits(requests_per_minute=0, tokens_per_minute=600, tokens_per_day=0)
    assert await taken(meter, tokens, 600) == 0
    assert await taken(meter, tokens, 0) == 0
    assert await taken(meter, tokens, 1) == pytest.approx(0.1)
    with pytest.raises(RequestRefused):
        await meter.take("k", tokens, 601)
    raised = replace(tokens, tokens_per_minute=1200)
    assert await taken(meter, raised, 0) == 0
    clock.seconds += 30
    assert await taken(meter, raised, 600) == 0


async def test_a_reply_that_took_more_than_was_reserved_makes_the_next_one_wait() -> None:
    clock = Clock()
    key, _ = new_key(tokens_per_minute=6_000)
    limiter = Limiter(meter=clock.meter())

    async def reply() -> AsyncGenerator[StreamEvent]:
        yield TextDelta("x" * 80_000)
        yield ReplyEnded()

    async with limiter.admit(key, 0) as tally:
        assert [event async for event in tally.watch(reply())][-1] == ReplyEnded()
    with pytest.raises(LimitReached) as told:
        await limiter.meter.take(key.id, key.limits, 1)
    assert told.value.retry_after == pytest.approx(140, abs=1)
    clock.seconds += told.value.retry_after or 0
    await limiter.meter.take(key.id, key.limits, 1)


async def test_the_tokens_of_a_day_come_back_at_midnight() -> None:
    clock = Clock()
    meter = clock.meter()
    limits = KeyLimits(tokens_per_minute=0, tokens_per_day=100)
    assert await taken(meter, limits, 80) == 0
    assert await taken(meter, limits, 80) == pytest.approx(60)
    clock.date += timedelta(minutes=1)
    assert await taken(meter, limits, 80) == 0


async def test_leases_are_free_after_their_end_or_half_a_minute_without_renewal() -> None:
    clock = Clock()
    meter, limits = clock.meter(), KeyLimits(streams=2, requests_per_minute=0)
    first, _ = await meter.take("k", limits, 0), await meter.take("k", limits, 0)
    assert await taken(meter, limits) > 0
    clock.seconds += 20
    await meter.renew([("k", first), ("k", "unknown")])
    clock.seconds += 15
    assert await taken(meter, limits) == 0
    await meter.take("k", limits, 0)
    assert await taken(meter, limits) > 0
    await meter.release("k", first)
    assert await taken(meter, limits) == 0


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-50, 50)), max_size=50))
def test_giving_back_never_makes_a_larger_burst(steps: list[tuple[float, float]]) -> None:
    rate, at = ArrivalRate(), 0.0
    for passed, cost in steps:
        at += passed
        rate.add(cost, per_minute=60, at=at)
        assert rate.wait(20.5, per_minute=60, burst=20, at=at) == math.inf
        assert rate.wait(1, per_minute=60, burst=20, at=at) >= 0


async def test_a_reply_that_is_cancelled_gives_its_lease_back() -> None:
    meter = Clock().meter()
    key, _ = new_key(streams=1)
    limiter = Limiter(meter=meter)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with limiter.admit(key, 100):
                raise ZeroDivisionError
    assert await meter.usage() == {key.id: (75, 0)}


async def ask(client: httpx.AsyncClient, key: str, **changes: object) -> httpx.Response:
    return await client.post(
        "/api/conversation",
        json=prompt_body(**changes),
        headers={"Authorization": f"Bearer {key}"},
    )


async def test_a_host_refuses_what_a_key_may_not_and_says_when_it_may(serve: Serve) -> None:
    key, text = new_key(requests_per_minute=1, burst=1)
    other, fine = new_key()
    async with calling(serve(*[REPLY] * 3, keys=KeyRing([key, other]))) as client:
        assert (await ask(client, text)).status_code == 200
        refused = await ask(client, text)
        assert refused.status_code == 429
        assert 55 <= int(refused.headers["retry-after"]) <= 60
        assert (await ask(client, fine)).status_code == 200


async def test_as_many_replies_at_once_as_a_key_may_have(serve: Serve) -> None:
    key, text = new_key(streams=1)
    gate = Gate()
    backend = ScriptedBackend((TextDelta("x"), gate, ReplyEnded()), REPLY, REPLY)
    async with calling(serve(backend=backend, keys=KeyRing([key]))) as client:
        client.headers["Authorization"] = text
        async with asking(client) as response:
            events = messages(response)
            await anext(events)
            assert (await ask(client, text)).status_code == 429
            gate.open()
            assert [event async for event in events]
        assert (await ask(client, text)).status_code == 200


async def test_a_client_that_leaves_gives_its_lease_back(serve: Serve) -> None:
    key, text = new_key(streams=1)
    closed = ScriptedBackend((TextDelta("x"), Gate(), ReplyEnded()), REPLY)
    async with calling(serve(backend=closed, keys=KeyRing([key]))) as client:
        client.headers["Authorization"] = text
        async with asking(client) as response:
            await anext(messages(response))
        statuses = [(await ask(client, text)).status_code]
        while statuses[-1] == 429:
            statuses.append((await ask(client, text)).status_code)
        assert statuses[-1] == 200


async def test_the_service_counts_the_tokens_where_it_does(serve: Serve) -> None:
    key, text = new_key(tokens_per_day=5000, tokens_per_minute=0)
    script = (TextDelta("x"), UsageReported(Usage(3000, 1500)), ReplyEnded())
    async with calling(serve(script, REPLY, keys=KeyRing([key]))) as client:
        assert (await ask(client, text)).status_code == 200
        refused = await ask(client, text)
        assert refused.status_code == 429
        assert "midnight" in refused.text


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "api-key"])
@pytest.mark.parametrize("path", ["/api/conversation", "/v1/chat/completions"])
async def test_no_header_of_a_key_gets_round_its_models(
    serve: Serve, header: str, path: str
) -> None:
    key, text = new_key(models=("scripted",))
    async with calling(serve(keys=KeyRing([key]))) as client:
        body = prompt_body(model="other")
        body["messages"] = [{"role": "user", "content": "Hi"}] if "v1" in path else body["messages"]
        refused = await client.post(path, json=body, headers={header: text})
    assert refused.status_code == 400
    assert "may not use this model" in refused.text


async def test_a_key_may_use_its_models_alone(serve: Serve) -> None:
    key, text = new_key(models=("scripted",))
    async with calling(serve(*[REPLY] * 3, keys=KeyRing([key]))) as client:
        assert (await ask(client, text, model="other")).status_code == 400
        assert (await ask(client, text, model="scripted")).status_code == 200
        assert (await ask(client, text, model=None)).status_code == 200
        listed = (await client.get("/api/models", headers={"Authorization": text})).json()
        assert {model["slug"] for model in listed["models"]} <= {"scripted"}


@pytest.mark.parametrize("path", ["/api/conversation", "/v1/chat/completions"])
async def test_a_request_without_a_model_is_for_the_first_of_its_key(
    serve: Serve, path: str
) -> None:
    key, text = new_key(models=("away", "large", "small"))
    backend = ScriptedBackend(REPLY, models=(Model("small"), Model("large")))
    body = prompt_body(model=None)
    if "v1" in path:
        body["messages"] = [{"role": "user", "content": "Hi"}]
    async with calling(serve(backend=backend, keys=KeyRing([key]))) as client:
        answer = await client.post(path, json=body, headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    assert [request.model for request in backend.requests] == ["large"]


async def test_a_request_without_a_model_is_refused_where_there_is_none(serve: Serve) -> None:
    key, text = new_key(models=("away",))
    async with calling(serve(REPLY, keys=KeyRing([key]))) as client:
        refused = await ask(client, text, model=None)
    assert refused.status_code == 400
    assert "no such model" in refused.text


async def test_a_full_key_drops_its_own_conversations_and_those_of_no_other(serve: Serve) -> None:
    (first, text), (second, other) = (
        new_key(requests_per_minute=0, tokens_per_day=0, tokens_per_minute=0) for _ in range(2)
    )
    server = serve(
        *[REPLY] * 9, keys=KeyRing([first, second]), cache_limits=CacheLimits(conversations=2)
    )
    async with calling(server) as client:
        await ask(client, other, history_and_training_disabled=False)
        for _ in range(5):
            await ask(client, text, history_and_training_disabled=False)

        async def total(key: str) -> int:
            listed = await client.get("/api/conversations", headers={"Authorization": key})
            return int(json.loads(listed.text)["total"])

        assert (await total(text), await total(other)) == (2, 1)
