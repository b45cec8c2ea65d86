"""What a backend yields behind the host is what the client yields in front of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.backends.guide import GuideBackend
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import (
    BadReply,
    Busy,
    ContextMessage,
    FinishReason,
    LoginRefused,
    LoginState,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceError,
    ServiceKind,
    SignedIn,
    SigningIn,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from tests.examples import examples
from tests.host.calls import until
from tests.patience import PATIENCE
from tests.signed_in import text_of

Serve: TypeAlias = Callable[..., HostServer]

ASKED = ReplyRequest(messages=(ContextMessage("user", "hello"),), model="m")
ONCE = RetryPolicy(max_attempts=1)


@asynccontextmanager
async def client_of(
    host: HostServer, report: Callable[[LoginState], None] | None = None
) -> AsyncGenerator[FakeGptBackend]:
    """The program's own client, in front of `host`."""
    transport = Transport(Service(name="host", kind=ServiceKind.EMBEDDED, url=host.base_url))
    manager = SessionManager(AccountLogin(transport), transport.address.text, on_change=report)
    try:
        yield FakeGptBackend(transport, manager, retries=ONCE)
    finally:
        await manager.aclose()


async def replied(
    client: FakeGptBackend, request: ReplyRequest = ASKED
) -> tuple[list[StreamEvent], ServiceError | None]:
    """All events of a reply, and how it went wrong, if so."""
    events: list[StreamEvent] = []
    try:
        async with asyncio.timeout(PATIENCE), aclosing(client.stream(request)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what came before raised must stay
    except ServiceError as error:
        return events, error
    return events, None


async def test_the_client_signs_in_to_the_host_in_three_steps(serve: Serve) -> None:
    states: list[LoginState] = []
    async with client_of(serve((TextDelta("x"), ReplyEnded())), states.append) as client:
        assert await replied(client) == ([TextDelta("x"), ReplyEnded()], None)
    assert [state.step for state in states if isinstance(state, SigningIn)] == [1, 2, 3]
    assert isinstance(states[-1], SignedIn)


async def test_what_is_yielded_behind_arrives_in_front_before_anything_more_is_yielded(
    serve: Serve,
) -> None:
    events: list[StreamEvent] = [
        TextDelta("Grüße "),
        TextDelta("🙂"),
        TextReplaced(3, '\x1b[31m\u2028\\"nix\n\n'),
        TitleSuggested("A title"),
        TextDelta("data: [DONE]\n\n"),
    ]
    gates = [Gate() for _ in events]
    script: list[Step] = []
    for event, gate in zip(events, gates, strict=True):
        script += [event, gate]
    seen: list[StreamEvent] = []
    host = serve([*script, ReplyEnded(FinishReason.LENGTH)])
    async with (
        client_of(host) as client,
        asyncio.timeout(PATIENCE),
        aclosing(client.stream(ASKED)) as stream,
    ):
        async for event in stream:
            seen.append(event)
            if len(seen) <= len(gates):
                gates[len(seen) - 1].open()  # Nothing of what follows was on its way yet.
    assert text_of(seen) == text_of(events)
    assert seen[0] == events[0]
    assert TitleSuggested("A title") in seen
    assert seen[-1] == ReplyEnded(FinishReason.LENGTH)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
EVENTS = st.lists(
    st.builds(TextDelta, TEXTS) | st.builds(TextReplaced, st.integers(0, 40), TEXTS),
    min_size=1,
    max_size=12,
)


@given(EVENTS, st.sampled_from(FinishReason))
@examples(25)
def test_any_reply_arrives_as_it_was(events: list[StreamEvent], reason: FinishReason) -> None:
    async def round_trip() -> tuple[list[StreamEvent], ServiceError | None]:
        async with client_of(host) as client:
            return await replied(client)

    with HostServer(ScriptedBackend([*events, ReplyEnded(reason)])) as host:
        seen, error = asyncio.run(round_trip())
    assert error is None
    assert text_of(seen) == text_of(events)
    assert seen[-1] == ReplyEnded(reason)


ERRORS: list[ServiceError] = [
    PromptTooLong("It is too long."),
    RequestRefused("I would rather not."),
    Busy("Another client is served.", retry_after=4.0),
    RateLimited("That was too much.", retry_after=7.0),
    Unreachable("The model server is down."),
    NotSignedIn("The login behind is over."),
    LoginRefused("No account would do."),
    Unsupported("That is a newer format."),
    BadReply("That was no answer."),
    ReplyCut("It broke off."),
    ServiceError("Something else went wrong."),
]


@pytest.mark.parametrize("raised", ERRORS, ids=lambda raised: type(raised).__name__)
@pytest.mark.parametrize("said", [(), (TextDelta("some"),)], ids=["at once", "after text"])
async def test_an_error_arrives_as_what_it_is(
    serve: Serve, raised: ServiceError, said: tuple[StreamEvent, ...]
) -> None:
    script = (*said, raised)
    backend = ScriptedBackend(script, script)
    async with client_of(serve(backend=backend)) as client:
        events, error = await replied(client)
    assert events == list(said)
    # A signed-out client signs in once more, and asks again unless a person has seen text.
    assert len(backend.requests) == 1 + (isinstance(raised, NotSignedIn) and not said)
    assert type(error) is type(raised)
    assert str(raised) in str(error)
    if isinstance(raised, RateLimited):
        assert isinstance(error, RateLimited)
        assert error.retry_after == raised.retry_after


async def test_an_error_in_the_middle_keeps_what_came(serve: Serve) -> None:
    async with client_of(serve((TextDelta("some"), Unreachable("The line is dead.")))) as client:
        events, error = await replied(client)
    assert text_of(events) == "some"
    assert "The line is dead." in str(error)


async def test_a_host_that_stops_cuts_the_reply_and_says_so() -> None:
    host = HostServer(ScriptedBackend((TextDelta("some"), Gate())))
    host.start()
    async with client_of(host) as client, asyncio.timeout(PATIENCE):
        stream = client.stream(ASKED)
        assert await anext(stream) == TextDelta("some")
        await asyncio.to_thread(host.stop)
        with pytest.raises(ServiceError, match="stopped"):
            await anext(stream)


async def test_a_reader_that_leaves_stops_the_backend(serve: Serve) -> None:
    backend = ScriptedBackend((TextDelta("some"), Gate()))
    async with client_of(serve(backend=backend)) as client:
        async with aclosing(client.stream(ASKED)) as stream:
            assert await anext(stream) == TextDelta("some")
            assert backend.playing == 1
        await until(lambda: backend.playing == 0)


async def test_fifty_replies_at_once_are_kept_apart(serve: Serve) -> None:
    scripts = [(TextDelta(f"{n} "), TextDelta("and"), TextDelta(f" {n}"), ReplyEnded())
               for n in range(50)]  # fmt: skip
    async with client_of(serve(*scripts)) as client:
        replies = await asyncio.gather(*(replied(client) for _ in scripts))
    assert sorted(text_of(events) for events, _ in replies) == sorted(map(text_of, scripts))


async def test_the_guide_finds_the_last_prompt_of_a_whole_conversation(serve: Serve) -> None:
    async def at_once(_: float) -> None:
        pass

    conversation = ReplyRequest(
        messages=(
            ContextMessage("user", "count to 3"),
            ContextMessage("assistant", "1, 2, 3."),
            ContextMessage("user", "count to 5"),
        ),
        model="",
    )
    async with client_of(serve(backend=GuideBackend(sleep=at_once))) as client:
        events, error = await replied(client, conversation)
        models = await client.models()
    assert (text_of(events), error) == ("1, 2, 3, 4, 5.", None)
    assert models[0].id == "guide"
