"""What a person does with whole conversations, and taking it back."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    GenerationSettings,
    NotFound,
    Preset,
    RemoteIdAssigned,
    StoreError,
    TextDelta,
    TitleSource,
    TitleSuggested,
    now,
)
from tests.chat.fake_chat import ask, run, says, service_of, streaming
from tests.stubs import MemoryStore


async def three() -> tuple[ChatService, MemoryStore, list[str]]:
    chat, store, _ = service_of(says("a"), says("b"), says("c"))
    return chat, store, [(await ask(chat, text)).conversation.id for text in ("A", "B", "C")]


async def test_a_persons_title_is_never_overwritten() -> None:
    chat, store, _ = service_of(says("a"), [TitleSuggested("Better"), *says("b")])
    turn = await ask(chat, "hi")
    chat.actions.rename(turn.conversation.id, "  My\n title ")
    await ask(chat, "again", chat.conversations.get(turn.conversation.id))
    kept = store.headers[turn.conversation.id]
    assert (kept.title, kept.title_source) == ("My title", TitleSource.PERSON)
    chat.actions.rename(turn.conversation.id, " ")
    assert chat.conversations.get(turn.conversation.id).title == "My title"
    assert chat.history.undo() == "“My title” was renamed."
    kept = store.headers[turn.conversation.id]
    assert (kept.title, kept.title_source) == ("hi", TitleSource.PROMPT)


async def test_many_conversations_are_pinned_and_archived_at_once() -> None:
    chat, store, ids = await three()
    chat.actions.pin([ids[0]])
    chat.actions.pin([*ids, "gone"])
    assert all(store.headers[each].pinned for each in ids)
    chat.actions.archive(ids)
    assert all(store.headers[each].archived for each in ids)
    assert chat.history.undo() == "3 conversations were archived."
    assert not any(store.headers[each].archived for each in ids)
    assert chat.history.undo() == "2 conversations were pinned."
    assert [store.headers[each].pinned for each in ids] == [True, False, False]
    chat.actions.pin(ids, pinned=False)
    assert not any(store.headers[each].pinned for each in ids)


async def test_what_changes_nothing_cannot_be_taken_back() -> None:
    chat, _, ids = await three()
    chat.actions.pin(ids, pinned=False)
    chat.actions.restore(ids)
    assert chat.history.undo() is None


async def test_the_trash_gives_back_exactly_what_was_there() -> None:
    chat, store, ids = await three()
    before = dict(store.headers)
    chat.actions.trash(ids[:2])
    assert [each.id for each in chat.conversations.all()] == ids[2:]
    assert {each.id for each in chat.conversations.trashed()} == set(ids[:2])
    assert chat.history.undo() == "2 conversations were deleted."
    assert store.headers == before
    assert chat.conversations.trashed() == []


async def test_a_later_run_restores_from_the_trash() -> None:
    chat, store, ids = await three()
    before = dict(store.headers)
    chat.actions.trash(ids)
    later, _, _ = service_of(store=store)
    assert later.conversations.all() == []
    later.actions.restore([ids[1]])
    assert [each.id for each in later.conversations.all()] == [ids[1]]
    assert store.headers[ids[1]] == before[ids[1]]
    assert later.conversations.get(ids[0]).trashed_at is not None
    assert later.history.undo() == "“B” was restored."
    assert later.conversations.all() == []


async def test_the_trash_is_emptied_after_thirty_days() -> None:
    chat, store, ids = await three()
    chat.actions.trash([ids[0]], at=now() - timedelta(days=31))
    chat.actions.trash([ids[1]], at=now() - timedelta(days=29))
    later, _, _ = service_of(store=store)
    assert [each.id for each in later.conversations.all()] == [ids[2]]
    assert [each.id for each in later.conversations.trashed()] == [ids[1]]
    assert set(store.headers) == set(ids[1:])
    assert {node.conversation_id for node in store.nodes.values()} == set(ids[1:])


async def test_only_what_is_in_the_trash_is_deleted_for_good() -> None:
    chat, store, ids = await three()
    chat.drafts.save(ids[0], "a draft")
    chat.actions.trash([ids[0]])
    chat.actions.delete(ids)
    assert set(store.headers) == set(ids[1:])
    assert chat.conversations.trashed() == []
    assert chat.drafts.unsent() == []
    with pytest.raises(NotFound):
        chat.messages.path(ids[0])
    with pytest.raises(NotFound):
        chat.conversations.get(ids[0])


async def test_a_conversation_without_a_prompt_can_be_set_up_and_is_not_kept() -> None:
    preset = Preset("terse", "Be brief.", GenerationSettings(seed=3))
    chat, store, _ = service_of(says("one"), presets={"terse": preset})
    conversation = chat.conversations.create()
    chat.actions.apply_preset(conversation.id, "terse")
    chat.actions.rename(conversation.id, "Title")
    chat.actions.set_service(conversation.id, "other", "m")
    assert chat.conversations.all() == []
    assert store.headers == {}
    turn = await ask(chat, "hi", conversation)
    kept = store.headers[turn.conversation.id]
    assert (kept.title, kept.service, kept.model) == ("Title", "other", "m")
    assert (kept.system_prompt, kept.generation) == ("Be brief.", GenerationSettings(seed=3))


async def test_a_preset_can_be_taken_back() -> None:
    preset = Preset("terse", "Be brief.", GenerationSettings(seed=3))
    chat, store, _ = service_of(says("one"), presets={"terse": preset})
    turn = await ask(chat, "hi")
    before = store.headers[turn.conversation.id]
    chat.actions.apply_preset(turn.conversation.id, "terse")
    assert store.headers[turn.conversation.id] != before
    assert chat.history.undo() == "“hi” was given the preset 'terse'."
    assert store.headers[turn.conversation.id] == before


async def test_system_prompt_and_settings_can_be_taken_back() -> None:
    chat, store, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    before = store.headers[turn.conversation.id]
    settings = GenerationSettings(temperature=0.5)
    for _ in range(2):
        chat.actions.configure(turn.conversation.id, system_prompt=" Brief.\n", generation=settings)
    kept = store.headers[turn.conversation.id]
    assert (kept.system_prompt, kept.generation) == ("Brief.", settings)
    assert chat.history.undo() == "“hi” was given a new system prompt and new settings."
    assert store.headers[turn.conversation.id] == before
    chat.actions.configure(
        turn.conversation.id, system_prompt="Brief.", generation=before.generation
    )
    assert chat.history.undo() == "“hi” was given a new system prompt."
    assert chat.history.undo() is None


async def test_another_service_can_be_taken_back_with_what_the_first_one_knew() -> None:
    chat, store, _ = service_of([RemoteIdAssigned("there", "a"), *says("one")], says("two"))
    turn = await ask(chat, "hi")
    before = store.headers[turn.conversation.id]
    chat.actions.set_service(turn.conversation.id, "other", "m")
    kept = store.headers[turn.conversation.id]
    assert (kept.service, kept.model, kept.server_id) == ("other", "m", "")
    assert chat.history.undo() == "“hi” was switched to other m."
    assert store.headers[turn.conversation.id] == before


async def test_what_another_service_answered_is_unknown_to_the_one_before() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    turn = await ask(chat, "hi")
    before = replace(store.headers[turn.conversation.id], server_id="there")
    store.headers[turn.conversation.id] = before
    chat.actions.set_service(turn.conversation.id, "other")
    await ask(chat, "again", chat.conversations.get(turn.conversation.id))
    chat.history.undo()
    kept = store.headers[turn.conversation.id]
    assert (kept.service, kept.server_id) == (before.service, "")


async def test_unknown_names_are_told_and_change_nothing() -> None:
    chat, store, ids = await three()
    before = dict(store.headers)
    with pytest.raises(NotFound, match="nowhere"):
        chat.actions.set_service(ids[0], "nowhere")
    with pytest.raises(NotFound, match="nothing"):
        chat.actions.apply_preset(ids[0], "nothing")
    with pytest.raises(NotFound):
        chat.actions.rename("gone", "title")
    assert store.headers == before


async def test_what_is_done_while_a_turn_begins_is_not_overwritten_by_it() -> None:
    chat, store, _ = service_of(says("a"), says("b"))
    first = await ask(chat, "hi")
    turn = chat.turns.new(chat.conversations.get(first.conversation.id), "again")
    chat.actions.pin([first.conversation.id])
    async with turn:
        pass
    chat.turns.end(turn)
    assert store.headers[first.conversation.id].pinned


@pytest.mark.parametrize("temporary", [False, True])
async def test_a_conversation_that_is_deleted_for_good_while_it_streams_is_gone(
    temporary: bool,
) -> None:
    gate = Gate()
    chat, store, _ = service_of([TextDelta("a"), gate, *says("b")])
    turn = chat.turns.new(chat.conversations.create(temporary=temporary), "hi")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "a")
    chat.actions.trash([turn.conversation.id])
    chat.actions.delete([turn.conversation.id])
    gate.open()
    await task
    assert chat.active_turns.all() == []
    assert chat.conversations.all() == chat.conversations.trashed() == []
    assert chat.writes.error is None
    assert store.headers == store.nodes == {}


async def test_one_that_is_deleted_for_good_before_it_could_be_saved_is_gone_too() -> None:
    chat, store, _ = service_of(says("a"))
    turn = chat.turns.new(chat.conversations.create(), "hi")
    chat.actions.trash([turn.conversation.id])
    chat.actions.delete([turn.conversation.id])
    store.refusal = "The disk is full."
    with pytest.raises(StoreError):
        await run(chat, turn)
    assert chat.active_turns.all() == []
    assert chat.conversations.all() == chat.conversations.trashed() == []


async def test_a_title_that_was_given_meanwhile_outlives_a_prompt_that_could_not_be_saved() -> None:
    chat, store, _ = service_of(says("a"))
    turn = chat.turns.new(chat.conversations.create(), "hi")
    chat.actions.rename(turn.conversation.id, "Mine")
    store.refusal = "The disk is full."
    with pytest.raises(StoreError):
        await run(chat, turn)
    assert chat.conversations.get(turn.conversation.id).title == "Mine"
    assert chat.conversations.get(turn.conversation.id).leaf_id is None
