"""Conversations in the shared state: any process goes on with them, and none spoils another's.

What holds for a host with conversations of its own is tried with both.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import FinishReason, MessageStatus, new_id
from fakegpt_tui.host.conversation_cache import CachedConversation, CacheLimits, ConversationCache
from fakegpt_tui.host.conversations import (
    Conversations,
    HostTurn,
    MemoryConversations,
    StateFull,
    StateLost,
    TakenOver,
)
from fakegpt_tui.host.shared_state.connection import CircuitBreaker, StateConnection
from fakegpt_tui.host.shared_state.conversations import RedisConversations
from fakegpt_tui.host.shared_state.late_replies import EndedReply, LateReplies, StartedReply
from fakegpt_tui.host.shared_state.leases import RedisLeases
from fakegpt_tui.host.shared_state.state import RedisTurns
from fakegpt_tui.protocol.fakegpt import StoredMessage
from tests.host.shared_state.engine import PATIENCE, Engine, apart

OWNER, OTHER = ("key", "a"), ("key", "b")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def processes(engine: Engine) -> AsyncIterator[list[RedisConversations]]:
    """Two that share the state."""
    connections = [StateConnection(engine.url, seconds=PATIENCE) for _ in range(2)]
    leases = [RedisLeases(each) for each in connections]
    yield [RedisConversations(*each) for each in zip(connections, leases, strict=True)]
    for held, connection in zip(leases, connections, strict=True):
        held.close()
        await connection.close()


@pytest.fixture(params=["engine", "memory"])
def either(request: pytest.FixtureRequest) -> list[Conversations]:
    """Two views of the shared conversations, or twice those of a host by itself."""
    if request.param == "memory":
        limits = CacheLimits(conversations=200, characters=4_000_000)
        return [MemoryConversations(ConversationCache(limits))] * 2
    return request.getfixturevalue("processes")  # type: ignore[no-any-return]


def new_conversation(name: str = "C") -> CachedConversation:
    return CachedConversation(conversation_id=name, root_id="root", created_at=NOON)


def new_turn(
    conversation: CachedConversation, name: str, prompt: str = "Hi", parent: str = "root"
) -> HostTurn:
    asked = StoredMessage(
        id=f"p{name}", parent_id=parent, role="user", text=prompt, created_at=NOON
    )
    reply = StoredMessage(
        id=f"r{name}",
        parent_id=asked.id,
        role="assistant",
        text="",
        created_at=NOON,
        model="m",
        status=MessageStatus.STREAMING,
    )
    return HostTurn(owner=OWNER, conversation=conversation, prompts=[asked], reply=reply)


async def begun(kept: Conversations) -> HostTurn:
    """The first turn of a conversation, whose reply has said nothing yet."""
    turn = new_turn(new_conversation(), "1")
    await kept.begin(turn, NOON)
    return turn


def ended(turn: HostTurn, text: str) -> StoredMessage:
    return replace(turn.reply, text=text, status=MessageStatus.COMPLETE, finish=FinishReason.STOP)


async def say(
    kept: Conversations, turn: HostTurn, text: str, title: str = "", at: datetime = NOON
) -> None:
    await kept.begin(turn, at)
    await kept.end(turn, ended(turn, text), title, at)


def texts(found: CachedConversation | None) -> list[str]:
    assert found is not None
    return [each.text for each in found.context(found.leaf_id)]


async def test_another_process_goes_on_with_a_conversation(
    either: list[Conversations],
) -> None:
    one, two = either
    await say(one, new_turn(new_conversation(), "1"), "Hello", "Greeting")
    found = await two.find(OWNER, "C")
    assert texts(found) == ["Hi", "Hello"]
    assert found.title == "Greeting"
    await say(two, new_turn(found, "2", "And?", "r1"), "More", "Other title")
    again = await one.find(OWNER, "C")
    assert texts(again) == ["Hi", "Hello", "And?", "More"]
    assert again.title == "Greeting"
    assert again.message("r2") == ended(new_turn(found, "2", parent="r1"), "More")


async def test_an_owner_sees_no_conversation_of_another(
    either: list[Conversations],
) -> None:
    one, two = either
    await say(one, new_turn(new_conversation(), "1"), "Hello")
    assert await two.find(OTHER, "C") is None
    assert await two.page(OTHER, offset=0, limit=9) == ([], 0)
    await two.delete(OTHER, "C")
    await two.rename(OTHER, "C", "Mine")
    assert (await one.find(OWNER, "C")).title == ""
    assert await one.find(OTHER, "C") is None


async def test_a_reader_sees_the_text_so_far(processes: list[RedisConversations]) -> None:
    one, two = processes
    turn = await begun(one)
    await one.save_text(turn, "Grüße ", 0)
    await one.save_text(turn, "Grüße and more", 6)
    assert texts(await two.find(OWNER, "C")) == ["Hi", "Grüße and more"]
    await one.save_text(turn, "Grün", 3)
    found = await two.find(OWNER, "C")
    assert texts(found) == ["Hi", "Grün"]
    assert found.message("r1").status is MessageStatus.STREAMING


async def test_of_a_process_that_was_killed_the_text_so_far_is_interrupted(
    engine: Engine, processes: list[RedisConversations]
) -> None:
    one, two = processes
    turn = await begun(one)
    await one.save_text(turn, 'A "beginning"', 0)
    lose_lease(engine)
    found = await two.find(OWNER, "C")
    assert texts(found) == ["Hi", 'A "beginning"']
    assert found.message("r1").status is MessageStatus.INTERRUPTED
    again = replace(new_turn(found, "2", parent="p1"), prompts=[])
    await say(two, replace(again, reply=replace(again.reply, parent_id="p1")), "Whole")
    assert texts(await one.find(OWNER, "C")) == ["Hi", "Whole"]


async def test_a_process_that_was_paused_cannot_write_over_what_came_of_it(
    engine: Engine, processes: list[RedisConversations]
) -> None:
    one, two = processes
    turn = await begun(one)
    await one.save_text(turn, "Some", 0)
    lose_lease(engine)
    await two.find(OWNER, "C")
    with pytest.raises(TakenOver):
        await one.save_text(turn, "Some more", 4)
    await one.end(turn, ended(turn, "Some more of it"), "", NOON)
    assert texts(await two.find(OWNER, "C")) == ["Hi", "Some"]


async def test_a_process_that_lost_its_lease_unseen_goes_on(
    engine: Engine, processes: list[RedisConversations]
) -> None:
    one, two = processes
    turn = await begun(one)
    lose_lease(engine)
    await one.save_text(turn, "Some", 0)
    await one.end(turn, ended(turn, "Some more"), "", NOON)
    assert texts(await two.find(OWNER, "C")) == ["Hi", "Some more"]


async def test_text_that_the_engine_has_lost_is_sent_again(
    engine: Engine, processes: list[RedisConversations]
) -> None:
    one, two = processes
    turn = await begun(one)
    await one.save_text(turn, "Some", 0)
    for name in keys(engine, "*:g:*"):
        engine.ask("DEL", name)
    with pytest.raises(StateLost):
        await one.save_text(turn, "Some more", 4)
    await one.save_text(turn, "Some more", 0)
    assert texts(await two.find(OWNER, "C")) == ["Hi", "Some more"]


async def test_what_was_deleted_while_a_reply_streams_stays_deleted(
    either: list[Conversations],
) -> None:
    one, two = either
    turn = await begun(one)
    await two.delete(OWNER, "C")
    await one.save_text(turn, "Some", 0)
    await one.end(turn, ended(turn, "Some"), "Title", NOON)
    assert await one.find(OWNER, "C") is None
    assert await one.page(OWNER, offset=0, limit=9) == ([], 0)


async def test_conversations_are_listed_by_their_last_change_or_their_beginning(
    either: list[Conversations],
) -> None:
    one, two = either
    for number in range(5):
        conversation = CachedConversation(
            conversation_id=f"C{number}", root_id="root", created_at=NOON - timedelta(number)
        )
        await say(one, new_turn(conversation, str(number)), "x", at=NOON + timedelta(number))
    page, total = await two.page(OWNER, offset=1, limit=2)
    assert ([each.id for each in page], total) == (["C3", "C2"], 5)
    page, _ = await two.page(OWNER, offset=1, limit=2, by_creation=True)
    assert [each.id for each in page] == ["C1", "C2"]
    await one.rename(OWNER, "C3", "Named")
    assert (await two.page(OWNER, offset=1, limit=1))[0][0].title == "Named"
    await two.clear(OWNER)
    assert await one.page(OWNER, offset=0, limit=9) == ([], 0)


async def test_many_replies_at_once_are_all_there(either: list[Conversations]) -> None:
    await say(either[0], new_turn(new_conversation(), "1"), "Hello")
    found = await either[0].find(OWNER, "C")
    await asyncio.gather(
        *(say(either[n % 2], new_turn(found, f"x{n}", f"Q{n}", "r1"), f"A{n}") for n in range(40))
    )
    again = await either[1].find(OWNER, "C")
    assert again.size == 82
    for number in range(40):
        assert texts_to(again, f"rx{number}")[-2:] == [f"Q{number}", f"A{number}"]


def texts_to(found: CachedConversation, leaf: str) -> list[str]:
    return [each.text for each in found.context(leaf)]


async def test_the_oldest_make_room(either: list[Conversations]) -> None:
    one, two = either
    for number in range(5):
        turn = new_turn(new_conversation(f"C{number}"), str(number))
        await say(one, turn, "x" * 1_200_000, at=NOON + timedelta(number))
    await say(one, new_turn(new_conversation("C9"), "9"), "x", at=NOON + timedelta(9))
    page, total = await two.page(OWNER, offset=0, limit=9)
    assert [each.id for each in page] == ["C9", "C4", "C3", "C2"]
    assert total == 4
    assert await two.find(OWNER, "C0") is None


async def test_every_key_ends_by_itself(
    engine: Engine, processes: list[RedisConversations]
) -> None:
    turn = await begun(processes[0])
    await processes[0].save_text(turn, "Some", 0)
    assert len(keys(engine, "*")) == 6
    for name in keys(engine, "*"):
        assert engine.ask("PTTL", name) != b":-1\r\n", name


async def test_without_the_engine_what_is_known_cannot_be_read_and_replies_go_on(
    own: "Own",
) -> None:
    turn = await begun(own.kept)
    own.engine.kill()
    for ask in (
        lambda: own.kept.find(OWNER, "C"),
        lambda: own.kept.page(OWNER, offset=0, limit=1),
        lambda: own.kept.save_text(turn, "Some", 0),
    ):
        with pytest.raises(StateLost):
            await apart(ask())
    await own.leases.renew()
    await own.kept.end(turn, ended(turn, "Some"), "", NOON)
    await say(own.kept, new_turn(new_conversation("D"), "2"), "Hello")


async def test_what_was_said_while_the_engine_was_lost_is_saved_when_it_is_back(
    own: "Own",
) -> None:
    running, whole = [new_turn(new_conversation(name), name) for name in "RW"]
    own.engine.kill()
    await apart(own.kept.begin(running, NOON))
    with pytest.raises(StateLost):
        await apart(own.kept.save_text(running, "Some", 0))
    await apart(say(own.kept, whole, "Hello", "Greeting"))
    own.engine.start()
    own.seconds += 10
    await own.kept.save_text(running, "Some more", 4)
    found = await own.kept.find(OWNER, "W")
    assert texts(found) == ["Hi", "Hello"]
    assert found.title == "Greeting"
    assert texts(await own.kept.find(OWNER, "R")) == ["Hi", "Some more"]
    await own.kept.end(running, ended(running, "Some more of it"), "", NOON)
    assert texts(await own.kept.find(OWNER, "R")) == ["Hi", "Some more of it"]
    assert own.connection.figures.dropped == 0


async def test_what_cannot_be_saved_within_a_minute_is_dropped_and_counted(own: "Own") -> None:
    turn = new_turn(new_conversation(), "1")
    late = LateReplies(refuse, own.connection.figures)
    started = StartedReply(turn=turn, at=NOON, token="t")
    for age in (0, 59, 61, 1000):
        late.add(
            EndedReply(
                started=started,
                reply=turn.reply,
                title="",
                at=NOON,
                ended_at=monotonic() - age,
            )
        )
    await late.flush()
    assert (len(late), own.connection.figures.dropped) == (2, 2)
    huge = replace(turn.reply, text="x" * 64_000_001)
    late.add(EndedReply(started=started, reply=huge, title="", at=NOON))
    assert (len(late), own.connection.figures.dropped) == (2, 3)
    await late.close()
    assert own.connection.figures.dropped == 5


async def refuse(_: EndedReply) -> None:
    raise StateLost


async def test_an_engine_that_was_emptied_is_given_what_is_under_way(
    engine: Engine, processes: list[RedisConversations]
) -> None:
    one, two = processes
    await say(one, new_turn(new_conversation(), "1"), "Hello", "Greeting")
    await say(one, new_turn(new_conversation("D"), "D"), "Lost")
    turn = new_turn(await one.find(OWNER, "C"), "2", "And?", "r1")
    await one.begin(turn, NOON)
    await one.save_text(turn, "So", 0)
    engine.ask("FLUSHALL")
    with pytest.raises(StateLost):
        await one.save_text(turn, "So it", 2)
    await one.save_text(turn, "So it", 0)
    found = await two.find(OWNER, "C")
    assert texts(found) == ["Hi", "Hello", "And?", "So it"]
    assert found.title == "Greeting"
    engine.ask("FLUSHALL")
    await one.end(turn, ended(turn, "So it goes"), "", NOON)
    assert texts(await two.find(OWNER, "C")) == ["Hi", "Hello", "And?", "So it goes"]
    assert await two.find(OWNER, "D") is None


async def test_when_the_engine_is_back_nothing_is_unknown_and_nothing_interrupted_at_once(
    own: "Own",
) -> None:
    turn = await begun(own.kept)
    own.engine.pause()
    for _ in range(3):
        with pytest.raises(StateLost):
            await apart(own.quick.run(lambda redis: redis.ping()))
    own.engine.go_on()
    lose_lease(own.engine)
    other = RedisConversations(own.quick, own.leases)
    own.seconds += 2
    with pytest.raises(StateLost):
        await apart(other.find(OWNER, "unknown"))
    found = await apart(other.find(OWNER, "C"))
    assert found.message(turn.reply.id).status is MessageStatus.STREAMING
    own.seconds += 10
    assert await apart(other.find(OWNER, "unknown")) is None
    found = await apart(other.find(OWNER, "C"))
    assert found.message(turn.reply.id).status is MessageStatus.INTERRUPTED


async def test_a_full_engine_ends_no_reply_and_no_turn_and_lets_delete(own: "Own") -> None:
    turns = RedisTurns(own.leases)
    whole, cut = [new_turn(new_conversation(name), name) for name in "WI"]
    for turn in (whole, cut):
        await own.kept.begin(turn, NOON)
        await own.kept.save_text(turn, "Some", 0)
    lose_lease(own.engine)
    own.engine.ask("CONFIG", "SET", "maxmemory", "1")
    assert await turns.enter(OWNER)
    assert not await turns.enter(OWNER)
    await turns.leave(OWNER)
    await own.leases.renew()
    with pytest.raises(StateFull):
        await own.kept.save_text(whole, "Some more", 4)
    await own.kept.end(whole, ended(whole, "Some more of it"), "", NOON)
    assert texts(await own.kept.find(OWNER, "W")) == ["Hi", "Some more of it"]
    found = await own.kept.find(OWNER, "I")
    assert found.message(cut.reply.id).status is MessageStatus.INTERRUPTED
    assert texts(found) == ["Hi", "Some"]
    with pytest.raises(StateFull):
        await own.kept.begin(new_turn(new_conversation("D"), "2"), NOON)
    await own.kept.delete(OWNER, "W")
    assert await own.kept.find(OWNER, "W") is None


async def test_a_conversation_that_is_being_replied_to_does_not_make_room(
    either: list[Conversations],
) -> None:
    one, two = either
    running = new_turn(new_conversation("R"), "R")
    await one.begin(running, NOON)
    for number in range(205):
        turn = new_turn(new_conversation(f"C{number}"), str(number))
        await say(two, turn, "x", at=NOON + timedelta(number + 1))
    await one.end(running, ended(running, "Whole"), "", NOON + timedelta(999))
    assert texts(await two.find(OWNER, "R")) == ["Hi", "Whole"]
    page, total = await two.page(OWNER, offset=0, limit=1)
    assert ([each.id for each in page], total) == (["R"], 200)


class Own:
    """Conversations in an engine of their own, and the time of its breaker."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seconds = 0.0
        self.connection = self._connect(PATIENCE)
        self.quick = self._connect(0.3)
        self.leases = RedisLeases(self.connection)
        self.kept = RedisConversations(self.connection, self.leases)

    def _connect(self, seconds: float) -> StateConnection:
        breaker = CircuitBreaker(clock=lambda: self.seconds)
        return StateConnection(self.engine.url, seconds=seconds, breaker=breaker)

    async def close(self) -> None:
        await self.kept.close()
        self.leases.close()
        await self.connection.close()
        await self.quick.close()


@pytest.fixture
async def own(own_engine: Engine) -> AsyncIterator[Own]:
    made = Own(own_engine)
    yield made
    await made.close()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
async def test_it_does_what_a_host_with_its_own_memory_does(
    processes: list[RedisConversations], data: st.DataObject
) -> None:
    await processes[0].clear(OWNER)
    memory = MemoryConversations(ConversationCache())
    both: list[Conversations] = [data.draw(st.sampled_from(processes)), memory]
    deleted, example = 0, new_id()
    for number in range(data.draw(st.integers(1, 6))):
        name = f"{data.draw(st.sampled_from('CD'))}{deleted}{example}"
        text, title = data.draw(st.text(max_size=20)), data.draw(st.sampled_from(["", "T"]))
        deletes = data.draw(st.booleans()) and number > 3
        deleted += deletes
        for kept in both:
            found = await kept.find(OWNER, name)
            if deletes:
                await kept.delete(OWNER, name)
                continue
            conversation = found or new_conversation(name)
            parent = data.draw(st.just(conversation.leaf_id))
            turn = new_turn(conversation, f"{number}", text, parent)
            at = NOON + timedelta(number)
            await kept.begin(turn, at)
            await kept.save_text(turn, text[:5], 0)
            await kept.end(turn, ended(turn, text), title, at)
    shared, plain = [await each.page(OWNER, offset=0, limit=9) for each in both]
    assert shared == plain
    for summary in plain[0]:
        bodies = [list((await each.find(OWNER, summary.id)).body()) for each in both]
        assert bodies[0] == bodies[1]


def keys(engine: Engine, pattern: str) -> list[str]:
    words = engine.ask("KEYS", pattern).decode().split()
    return [word for word in words if word.startswith("fg1:")]


def lose_lease(engine: Engine) -> None:
    """As though the process had not been there for half a minute."""
    for name in keys(engine, "*:a:*"):
        engine.ask("DEL", name)
