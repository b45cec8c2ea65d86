"""One prompt that several answer at once."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import (
    MessageStatus,
    ModelRef,
    NotFound,
    QueuedPrompt,
    RemoteIdAssigned,
    RequestRefused,
    Service,
    ServiceKind,
    StillReplying,
    TextDelta,
)
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.fake_chat import ask, run, says, streaming, texts
from tests.patience import PATIENCE
from tests.stubs import MemoryStore, connecting_each

NAMES = ("one", "two", "three")
ALL = tuple(ModelRef(name, f"{name}-model") for name in NAMES)


def chat_of(
    backends: Mapping[str, ScriptedBackend], store: ChatStore | None = None
) -> tuple[ChatService, MemoryStore]:
    memory = MemoryStore()
    services = {
        name: Service(name=name, kind=ServiceKind.EMBEDDED, model=f"{name}-own") for name in NAMES
    }
    connect = connecting_each(backends, ScriptedBackend())
    return ChatService(lambda: store or memory, services, connect, service="one"), memory


async def run_all(chat: ChatService, turns: tuple[Turn, ...]) -> None:
    await asyncio.gather(*(run(chat, turn) for turn in turns))


async def test_every_reply_is_a_variant_and_the_first_is_shown() -> None:
    backends = {name: ScriptedBackend(says(f"from {name}")) for name in NAMES}
    chat, store = chat_of(backends)
    conversation = chat.conversations.create()
    turns = chat.turns.new_parallel(conversation, "hi", ALL)
    await run_all(chat, turns)
    assert texts(chat, conversation.id) == ["hi", "from one"]
    variants = chat.messages.variants(conversation.id, turns[0].reply_id)
    assert variants.ids == tuple(turn.reply_id for turn in turns)
    replies = [store.nodes[each] for each in variants.ids]
    assert [(each.text, each.service, each.model) for each in replies] == [
        (f"from {name}", name, f"{name}-model") for name in NAMES
    ]
    assert {each.status for each in replies} == {MessageStatus.COMPLETE}
    assert [len(store.messages(conversation.id)), chat.active_turns.all()] == [4, []]


async def test_all_are_asked_the_same_at_once() -> None:
    gate = Gate()
    backends = {name: ScriptedBackend([TextDelta("a"), gate, *says("b")]) for name in NAMES}
    chat, _ = chat_of(backends)
    conversation = chat.conversations.create()
    turns = chat.turns.new_parallel(conversation, "hi", ALL)
    running = asyncio.gather(*(run(chat, turn) for turn in turns))
    for turn in turns:
        await streaming(turn, "a")
    assert chat.active_turns.of(conversation.id) == turns
    assert chat.shown_turn(conversation.id) is turns[0]
    gate.open()
    await running
    requests = [backend.requests[0] for backend in backends.values()]
    assert len({request.messages for request in requests}) == 1
    assert [request.model for request in requests] == [f"{name}-model" for name in NAMES]


async def test_the_chosen_one_goes_on_and_the_others_stay() -> None:
    backends = {name: ScriptedBackend(says(f"from {name}"), says("more")) for name in NAMES}
    chat, _ = chat_of(backends)
    conversation = chat.conversations.create()
    turns = chat.turns.new_parallel(conversation, "hi", ALL)
    await run_all(chat, turns)
    chat.actions.choose_reply(conversation.id, turns[1].reply_id)
    assert texts(chat, conversation.id) == ["hi", "from two"]
    after = await ask(chat, "and?", chat.conversations.get(conversation.id))
    assert (after.reply.service, after.reply.model) == ("two", "two-model")
    assert texts(chat, conversation.id) == ["hi", "from two", "and?", "more"]
    assert chat.messages.variants(conversation.id, turns[0].reply_id).count == 3


async def test_a_prompt_that_was_answered_can_be_asked_of_others() -> None:
    backends = {name: ScriptedBackend(says(f"from {name}"), says("again")) for name in NAMES}
    chat, store = chat_of(backends)
    first = await ask(chat, "hi")
    turns = chat.turns.regenerate_parallel(first.conversation.id, first.reply_id, ALL[1:])
    await run_all(chat, turns)
    assert chat.messages.variants(first.conversation.id, first.reply_id).count == 3
    assert texts(chat, first.conversation.id) == ["hi", "from two"]
    assert len(store.messages(first.conversation.id)) == 4


async def test_without_a_model_the_one_of_the_service_is_asked() -> None:
    backends = {name: ScriptedBackend(says("x")) for name in NAMES}
    chat, _ = chat_of(backends)
    turns = chat.turns.new_parallel(
        chat.conversations.create(), "hi", [ModelRef("one"), ModelRef("two")]
    )
    assert [turn.reply.model for turn in turns] == ["one-own", "two-own"]


async def test_one_that_fails_takes_nothing_from_the_others() -> None:
    refused = RequestRefused("No.")
    backends = {
        "one": ScriptedBackend(says("fine")),
        "two": ScriptedBackend([TextDelta("half"), refused]),
        "three": ScriptedBackend([refused]),
    }
    chat, store = chat_of(backends)
    turns = chat.turns.new_parallel(chat.conversations.create(), "hi", ALL)
    await run_all(chat, turns)
    found = [store.nodes[turn.reply_id] for turn in turns]
    assert [(each.text, each.status) for each in found] == [
        ("fine", MessageStatus.COMPLETE),
        ("half", MessageStatus.FAILED),
        ("", MessageStatus.FAILED),
    ]


async def test_stopping_stops_all_of_them_and_keeps_what_arrived() -> None:
    backends = {name: ScriptedBackend([TextDelta(name), Gate()]) for name in NAMES}
    chat, store = chat_of(backends)
    conversation = chat.conversations.create()
    turns = chat.turns.new_parallel(conversation, "hi", ALL)
    running = asyncio.gather(*(run(chat, turn) for turn in turns), return_exceptions=True)
    for name, turn in zip(NAMES, turns, strict=True):
        await streaming(turn, name)
    assert chat.active_turns.stop(conversation.id)
    await running
    found = [store.nodes[turn.reply_id] for turn in turns]
    assert [(each.text, each.status) for each in found] == [
        (name, MessageStatus.STOPPED) for name in NAMES
    ]
    assert all(backend.playing == 0 for backend in backends.values())


async def test_a_prompt_that_waits_is_sent_after_the_last_reply_and_follows_the_chosen_one() -> (
    None
):
    gate = Gate()
    backends = {
        "one": ScriptedBackend(says("from one")),
        "two": ScriptedBackend([gate, *says("from two")], says("after two")),
    }
    chat, _ = chat_of(backends)
    conversation = chat.conversations.create()
    turns = chat.turns.new_parallel(conversation, "hi", ALL[:2])
    waiting = chat.turns.ask(conversation, "next")
    assert isinstance(waiting, QueuedPrompt)
    slow = asyncio.create_task(run(chat, turns[1]))
    await run(chat, turns[0])
    assert chat.turns.next_queued(conversation.id) is None
    chat.actions.choose_reply(conversation.id, turns[1].reply_id)
    gate.open()
    await slow
    after = chat.turns.next_queued(conversation.id)
    assert after is not None
    await run(chat, after)
    assert texts(chat, conversation.id) == ["hi", "from two", "next", "after two"]


async def test_what_a_service_keeps_is_gone_on_from_only_where_it_was_shown() -> None:
    backends = {
        "one": ScriptedBackend(
            [RemoteIdAssigned("place", "m1"), *says("first")],
            [RemoteIdAssigned("place", "m2"), *says("left")],
            [RemoteIdAssigned("elsewhere", "m3"), *says("right")],
        ),
    }
    chat, _ = chat_of(backends)
    first = await ask(chat, "hi")
    conversation = chat.conversations.get(first.conversation.id)
    models = (ModelRef("one", "small"), ModelRef("one", "large"))
    await run_all(chat, chat.turns.new_parallel(conversation, "more", models))
    places = [request.remote_parent for request in backends["one"].requests]
    assert [place and place.conversation_id for place in places] == [None, "place", None]
    assert chat.conversations.get(conversation.id).server_id == "place"


async def test_a_prompt_that_cannot_be_saved_is_taken_back_whole() -> None:
    chat, store = chat_of({name: ScriptedBackend(says("x")) for name in NAMES})
    store.refusal = "The disk is gone."
    conversation = chat.conversations.create()
    turns = chat.turns.new_parallel(conversation, "hi", ALL)
    found = await asyncio.gather(*(run(chat, turn) for turn in turns), return_exceptions=True)
    assert [str(each) for each in found] == ["The disk is gone."] * 3
    assert [turn.draft_text for turn in turns] == ["hi", "", ""]
    assert chat.conversations.get(conversation.id).leaf_id is None
    assert [*chat.messages.of(conversation.id)] == []
    assert chat.conversations.all() == []


async def test_nothing_else_can_be_asked_meanwhile_and_no_unknown_service() -> None:
    chat, _ = chat_of({name: ScriptedBackend(says("x")) for name in NAMES})
    conversation = chat.conversations.create()
    with pytest.raises(NotFound):
        chat.turns.new_parallel(conversation, "hi", [ALL[0], ModelRef("unknown")])
    chat.turns.new_parallel(conversation, "hi", ALL)
    with pytest.raises(StillReplying):
        chat.turns.new_parallel(conversation, "hi", ALL)
    with pytest.raises(StillReplying):
        chat.turns.new(conversation, "hi")


async def test_all_that_arrived_is_on_disk_before_any_of_them_ends(tmp_path: Path) -> None:
    path = tmp_path / "conversations.db"
    with ExitStack() as stack:
        store = stack.enter_context(ConversationStore.open(path))
        backends = {name: ScriptedBackend([TextDelta(name), Gate()]) for name in NAMES}
        chat, _ = chat_of(backends, store)
        conversation = chat.conversations.create()
        turns = chat.turns.new_parallel(conversation, "hi", ALL)
        tasks = [asyncio.create_task(run(chat, turn)) for turn in turns]
        other = stack.enter_context(ConversationStore.open(path))
        async with asyncio.timeout(PATIENCE):
            while sorted(each.text for each in other.messages(conversation.id)) != [
                "hi",
                "one",
                "three",
                "two",
            ]:
                await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        found = {each.text: each.status for each in other.messages(conversation.id)}
        assert [found[name] for name in NAMES] == [MessageStatus.INTERRUPTED] * 3
