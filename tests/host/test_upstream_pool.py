"""Several services behind one host: shares, fallbacks and rests."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from random import Random

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import (
    ContextMessage,
    Model,
    NotSignedIn,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    RetryScheduled,
    Role,
    ServiceError,
    StreamEvent,
    TextDelta,
    Unreachable,
)
from fakegpt_tui.host.upstream_pool import Upstream, UpstreamPool

MODEL = Model("m")


class Service(ScriptedBackend):
    """Says its name, or does what it is told, as often as it is asked."""

    def __init__(self, name: str, *steps: Step, models: tuple[Model, ...] = (MODEL,)) -> None:
        super().__init__(models=models)
        self.steps: tuple[Step, ...] = steps or (TextDelta(name), ReplyEnded())
        self.good = (TextDelta(name), ReplyEnded())

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        self.enqueue(self.steps)
        async for event in super().stream(request):
            yield event


class Clock:
    now = 100.0


def pool(*upstreams: Upstream, clock: Clock | None = None) -> UpstreamPool:
    clock = clock or Clock()
    return UpstreamPool(upstreams, clock=lambda: clock.now, random=Random(1))


def one(name: str, *steps: Step, order: int = 1, **options: object) -> Upstream:
    return Upstream(name=name, backend=Service(name, *steps), order=order, **options)  # type: ignore[arg-type]


def request(model: str = "m") -> ReplyRequest:
    return ReplyRequest(messages=(ContextMessage(Role.USER, "Hi"),), model=model)


async def said(backend: UpstreamPool, model: str = "m") -> str:
    events = [event async for event in backend.stream(request(model))]
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def asked(upstream: Upstream) -> int:
    assert isinstance(upstream.backend, Service)
    return len(upstream.backend.requests)


async def test_those_of_one_order_share_by_weight() -> None:
    shares = pool(one("a", weight=3), one("b"), one("c", order=2))
    counts = Counter([await said(shares) for _ in range(400)])
    assert counts.keys() == {"a", "b"}
    assert 250 < counts["a"] < 350


@pytest.mark.parametrize(
    "steps",
    [
        (Unreachable("Gone."),),
        (RateLimited("Wait.", retry_after=3600),),
        (NotSignedIn("Login."),),
        (ReplyCut("Cut."),),
        (RetryScheduled(1, 3, 5.0, "Gone."), Gate()),
    ],
)
async def test_another_takes_over_before_the_first_word(steps: tuple[Step, ...]) -> None:
    assert await said(pool(one("a", *steps), one("b", order=2))) == "b"


async def test_none_takes_over_after_the_first_word() -> None:
    second = one("b", order=2)
    with pytest.raises(ReplyCut):
        await said(pool(one("a", TextDelta("x"), ReplyCut("Cut.")), second))
    assert asked(second) == 0


async def test_none_takes_over_where_the_request_is_at_fault() -> None:
    first, second = one("a", RequestRefused("No.")), one("b", order=2)
    shared = pool(first, second)
    for _ in range(5):
        with pytest.raises(RequestRefused):
            await said(shared)
    assert (asked(first), asked(second)) == (5, 0)


async def test_one_that_fails_often_rests_and_is_tried_again_by_one_request() -> None:
    clock = Clock()
    first = one("a", Unreachable("Gone."))
    shared = pool(first, one("b", order=2), clock=clock)
    for _ in range(6):
        assert await said(shared) == "b"
    assert asked(first) == 3
    clock.now += 6
    assert await said(shared) == "b"
    assert await said(shared) == "b"
    assert asked(first) == 4
    clock.now += 6
    assert isinstance(first.backend, Service)
    gate = Gate()
    first.backend.steps = (gate, *first.backend.good)
    probe = shared.stream(request())
    trying = probe.__anext__()
    task = asyncio.ensure_future(trying)
    while asked(first) < 5:
        await asyncio.sleep(0)
    assert await said(shared) == "b"
    gate.open()
    assert await task == TextDelta("a")
    await probe.aclose()
    first.backend.steps = first.backend.good
    assert await said(shared) == "a"


async def test_a_probe_that_its_client_leaves_does_not_lock_the_service_out() -> None:
    clock = Clock()
    first = one("a", Unreachable("Gone."))
    shared = pool(first, one("b", order=2), clock=clock)
    for _ in range(3):
        await said(shared)
    clock.now += 6
    assert isinstance(first.backend, Service)
    first.backend.steps = (RetryScheduled(1, 0, 1, "x"), *first.backend.good)
    await said(shared)
    clock.now += 6
    first.backend.steps = first.backend.good
    assert await said(shared) == "a"


async def test_where_all_have_reached_a_limit_the_shorter_wait_is_told() -> None:
    limited = pool(
        one("a", RateLimited("Long.", retry_after=60)),
        one("b", RateLimited("Short.", retry_after=7), order=2),
    )
    with pytest.raises(RateLimited) as caught:
        await said(limited)
    assert caught.value.retry_after == 7
    with pytest.raises(Unreachable) as rested:
        await said(limited)
    assert 0 < (rested.value.retry_after or 0) <= 7


async def test_a_model_is_asked_of_those_that_have_it() -> None:
    small = Upstream(name="a", backend=Service("a", models=(Model("m"), Model("s"))))
    large = Upstream(name="b", backend=Service("b", models=(Model("l"), Model("m"))), order=2)
    chosen = Upstream(
        name="c", backend=Service("c", models=(Model("x"), Model("y"))), models=("y",)
    )
    shared = pool(small, large, chosen)
    assert [model.id for model in await shared.models()] == ["m", "s", "y", "l"]
    said_by = [await said(shared, model) for model in ("m", "s", "l", "y")]
    assert said_by == ["a", "a", "b", "c"]


class Unlisted(Service):
    async def models(self) -> tuple[Model, ...]:
        raise Unreachable("Gone.")


async def test_a_list_that_cannot_be_had_hides_no_other() -> None:
    broken = Upstream(name="a", backend=Unlisted("a"))
    shared = pool(broken, one("b", order=2))
    assert await shared.models() == (MODEL,)
    assert await said(shared) == "b"
    with pytest.raises(ServiceError):
        await pool(broken).models()
