"""Deleted messages, comparing variants, and what is told of unknown ones."""

import asyncio
from dataclasses import replace

import pytest

from fakegpt_tui.domain import NotFound, Role, now
from fakegpt_tui.domain.diff import DiffKind
from tests.chat.fake_chat import ask, long_conversation, run, says, service_of, texts
from tests.stubs import MemoryStore


async def test_what_was_deleted_is_found_in_the_trash_by_a_later_run() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    first = await ask(chat, "first")
    conversation_id = first.conversation.id
    second = await ask(chat, "second", chat.conversations.get(conversation_id))
    assert chat.messages.trash(conversation_id, second.reply.id) == 1
    assert chat.messages.trash(conversation_id, first.reply.id) == 2
    assert texts(chat, conversation_id) == ["first"]
    later, _, _ = service_of(store=store)
    assert [each.text for each in later.messages.trashed(conversation_id)] == ["one", "two"]
    later.messages.restore(conversation_id, second.reply.id)
    assert texts(later, conversation_id) == ["first", "one", "second", "two"]
    assert later.messages.trashed(conversation_id) == []
    later.history.undo(conversation_id)
    assert texts(later, conversation_id) == ["first"]
    assert [each.text for each in later.messages.trashed(conversation_id)] == ["one", "two"]
    later.messages.restore(conversation_id, first.reply.id)
    assert texts(later, conversation_id) == ["first", "one", "second"]
    assert [each.text for each in later.messages.trashed(conversation_id)] == ["two"]


async def test_a_conversation_whose_messages_are_all_deleted_can_be_gone_on_with() -> None:
    chat, _, _ = service_of(says("one"), says("two"))
    first = await ask(chat, "first")
    chat.messages.trash(first.conversation.id, first.prompt.id)
    assert texts(chat, first.conversation.id) == []
    await ask(chat, "second", chat.conversations.get(first.conversation.id))
    assert texts(chat, first.conversation.id) == ["second", "two"]


async def test_of_a_long_conversation_the_end_is_there_before_all_of_it_is_read() -> None:
    store = MemoryStore()
    conversation_id = long_conversation(store, 900)
    chat, _, _ = service_of(store=store)
    end = chat.messages.path_tail(conversation_id, 50)
    assert [each.text for each in end] == [f"text {number}" for number in range(874, 900)]
    await chat.messages.load(conversation_id)
    assert chat.messages.path_tail(conversation_id, 50) == ()
    assert chat.messages.path(conversation_id)[-26:] == end
    assert len(chat.messages.path(conversation_id)) == 900


async def test_a_removed_summary_is_not_shown_before_all_of_it_is_read_either() -> None:
    store = MemoryStore()
    conversation_id = long_conversation(store, 900)
    leaf = store.messages(conversation_id)[-1]
    removed = replace(leaf, id="removed", parent_id=leaf.id, role=Role.SYSTEM, text="")
    header = replace(store.conversation(conversation_id), leaf_id="removed")
    store.add_turn(header, removed).result()
    chat, _, _ = service_of(store=store)
    end = chat.messages.path_tail(conversation_id, 50)
    assert end
    await chat.messages.load(conversation_id)
    assert end == chat.messages.path(conversation_id)[-len(end) :]
    assert end[-1].id == leaf.id


async def test_a_short_conversation_is_read_at_once() -> None:
    chat, store, _ = service_of(says("one"))
    first = await ask(chat, "first")
    later, _, _ = service_of(store=store)
    assert later.messages.path_tail(first.conversation.id, 50) == ()


async def test_what_is_written_while_a_tree_is_read_is_part_of_it() -> None:
    store = MemoryStore()
    conversation_id = long_conversation(store, 500)
    chat, _, _ = service_of(says("an answer"), store=store)
    loading = asyncio.create_task(chat.messages.load(conversation_id))
    await asyncio.sleep(0)
    await ask(chat, "a question", chat.conversations.get(conversation_id))
    await loading
    assert texts(chat, conversation_id)[-2:] == ["a question", "an answer"]


async def test_a_leaf_of_another_conversation_is_no_end() -> None:
    store = MemoryStore()
    one, two = long_conversation(store, 450), long_conversation(store, 450)
    store.headers[two] = replace(store.headers[two], leaf_id=store.headers[one].leaf_id)
    chat, _, _ = service_of(store=store)
    assert chat.messages.path_tail(two, 50) == ()


async def test_variants_are_compared_word_by_word() -> None:
    chat, _, _ = service_of(says("a red house"), says("a blue house"))
    first = await ask(chat, "what?")
    other = await run(chat, chat.turns.regenerate(first.conversation.id, first.reply.id))
    parts = chat.messages.compare(first.conversation.id, first.reply.id, other.reply.id)
    assert [(part.kind, part.text) for part in parts] == [
        (DiffKind.SAME, "a"),
        (DiffKind.REMOVED, " red"),
        (DiffKind.ADDED, " blue"),
        (DiffKind.SAME, " house"),
    ]


async def test_a_tree_view_has_a_row_for_each_turn_and_lines_for_branches() -> None:
    chat, _, _ = service_of(says("one"), says("two"), says("other"), says("three"))
    first = await ask(chat, "first")
    conversation_id = first.conversation.id
    second = await ask(chat, "second", chat.conversations.get(conversation_id))
    await run(chat, chat.turns.regenerate(conversation_id, second.reply.id))
    chat.messages.show_variant(conversation_id, second.reply.id)
    await ask(chat, "third", chat.conversations.get(conversation_id))
    rows = chat.messages.turn_rows(conversation_id)
    assert [(row.graph, [each.text for each in row.messages], row.is_shown) for row in rows] == [
        ("", ["first", "one"], True),
        ("├─", ["second", "two"], True),
        ("│ ", ["third", "three"], True),
        ("└─", ["second", "other"], False),
    ]
    assert [(row.variants.position, row.variants.count) for row in rows] == [
        (1, 1),
        (1, 2),
        (1, 1),
        (2, 2),
    ]


async def test_unknown_and_deleted_messages_are_told() -> None:
    chat, _, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    conversation_id = turn.conversation.id
    for call in (
        lambda: chat.messages.path("gone"),
        lambda: chat.messages.turn_rows("gone"),
        lambda: chat.messages.variants(conversation_id, "gone"),
        lambda: chat.turns.edit(conversation_id, turn.reply.id, "text"),
        lambda: chat.turns.continue_reply(conversation_id, turn.prompt.id),
        lambda: chat.messages.restore(conversation_id, turn.reply.id),
    ):
        with pytest.raises(NotFound):
            call()
    chat.messages.trash(conversation_id, turn.reply.id)
    with pytest.raises(NotFound):
        chat.messages.show_variant(conversation_id, turn.reply.id)
    assert chat.active_turns.all() == []


async def test_a_path_that_was_deleted_elsewhere_ends_above_what_is_gone() -> None:
    chat, store, _ = service_of(says("one"), says("two"))
    first = await ask(chat, "first")
    conversation_id = first.conversation.id
    second = await ask(chat, "second", chat.conversations.get(conversation_id))
    store.trash_messages([second.prompt.id], now())
    chat.messages.clear_cache()
    assert texts(chat, conversation_id) == ["first", "one"]


@pytest.mark.parametrize(
    ("said", "reasoning", "text"),
    [
        ("<think>Okay, so\nit is</think>\n\nYes.", "Okay, so\nit is", "Yes."),
        ("[THINK]Hm[/THINK]No.", "Hm", "No."),
        ("Hm, so\n</think>\n\nYes.", "Hm, so\n", "Yes."),
        ("<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>No.",
         "Hm", "No."),
        ("<b>bold</b> and `</think>`", "", "<b>bold</b> and `</think>`"),
        ("[link](x)", "", "[link](x)"),
    ],
)  # fmt: skip
async def test_reasoning_in_the_text_of_a_stored_reply_is_told_apart(
    said: str, reasoning: str, text: str
) -> None:
    chat, store, _ = service_of(says(said))
    turn = await ask(chat, "Well?")
    later, _, _ = service_of(store=store)
    reply = later.messages.path(turn.conversation.id)[-1]
    assert (reply.reasoning, reply.text) == (reasoning, text)
    assert store.messages(turn.conversation.id)[-1].text == said


async def test_reasoning_in_the_text_of_a_prompt_is_what_was_typed() -> None:
    chat, store, _ = service_of(says("one"))
    turn = await ask(chat, "<think>not</think> so")
    later, _, _ = service_of(store=store)
    assert later.messages.path(turn.conversation.id)[0].text == "<think>not</think> so"
