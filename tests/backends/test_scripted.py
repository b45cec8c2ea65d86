import asyncio
import threading

import pytest

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.backends.scripted import Gate, Pause, ScriptedBackend
from fakegpt_tui.domain import (
    ContextMessage,
    Model,
    ReplyEnded,
    RequestRefused,
    StreamEvent,
    TextDelta,
    Unreachable,
)
from tests.patience import PATIENCE

ASKED = ReplyRequest(messages=(ContextMessage("user", "hello"),), model="m")


async def played(backend: Backend, request: ReplyRequest = ASKED) -> list[StreamEvent]:
    return [event async for event in backend.stream(request)]


async def test_scripts_are_played_in_order_and_requests_are_kept() -> None:
    backend = ScriptedBackend((TextDelta("one"), ReplyEnded()))
    backend.enqueue((TextDelta("two"), ReplyEnded()))
    assert await played(backend) == [TextDelta("one"), ReplyEnded()]
    assert await played(backend) == [TextDelta("two"), ReplyEnded()]
    assert backend.requests == [ASKED, ASKED]
    with pytest.raises(RequestRefused):
        await played(backend)


async def test_pauses_are_slept_by_the_clock_given() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    await played(ScriptedBackend((Pause(3), TextDelta("x"), Pause(0.5)), sleep=sleep))
    assert slept == [3, 0.5]


async def test_an_error_is_raised_after_what_came_before_it() -> None:
    stream = ScriptedBackend((TextDelta("x"), Unreachable("Down."))).stream(ASKED)
    assert await anext(stream) == TextDelta("x")
    with pytest.raises(Unreachable, match="Down"):
        await anext(stream)


async def test_a_reply_that_is_closed_is_no_longer_played() -> None:
    backend = ScriptedBackend((TextDelta("x"), TextDelta("y")))
    stream = backend.stream(ASKED)
    await anext(stream)
    assert backend.playing == 1
    await stream.aclose()
    assert backend.playing == 0


@pytest.mark.parametrize("gate", [Gate(), asyncio.Event()])
async def test_a_gate_holds_until_it_is_opened(gate: Gate | asyncio.Event) -> None:
    playing = asyncio.create_task(played(ScriptedBackend((gate, TextDelta("x")))))
    await asyncio.sleep(0)
    assert not playing.done()
    if isinstance(gate, Gate):
        gate.open()
    else:
        gate.set()
    assert await playing == [TextDelta("x")]


async def test_a_gate_opens_from_another_thread_for_all_and_stays_open() -> None:
    gate = Gate()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    thread = threading.Thread(target=gate.open)
    thread.start()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*waiting)
        await gate.wait()
    thread.join()


def test_a_gate_opens_although_somebody_has_gone_who_waited() -> None:
    gate = Gate()

    async def wait_in_vain() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await gate.wait()

    asyncio.run(wait_in_vain())
    gate.open()
    asyncio.run(gate.wait())


async def test_models_are_those_given_and_closing_is_noted() -> None:
    backend = ScriptedBackend(models=(Model("a"), Model("b")))
    assert await backend.models() == (Model("a"), Model("b"))
    await backend.aclose()
    assert backend.closed
