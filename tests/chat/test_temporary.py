"""Conversations that leave nothing."""

import asyncio

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import GenerationSettings, MessageStatus, TextDelta, TitleSuggested
from tests.chat.fake_chat import ask, run, says, service_of, streaming, texts
from tests.stubs import MemoryStore


class Untouched(MemoryStore):
    """A store on which every write fails, so that writes are noticed."""

    def __init__(self) -> None:
        super().__init__()
        self.refusal = "Something was written."

    @property
    def is_empty(self) -> bool:
        return not (self.headers or self.nodes or self.drafts() or self.queued_prompts())


def assert_untouched(store: MemoryStore) -> None:
    assert isinstance(store, Untouched)
    assert store.is_empty


async def test_nothing_that_is_done_with_a_temporary_conversation_reaches_the_store() -> None:
    gate = Gate()
    chat, store, _ = service_of(
        [TitleSuggested("A title"), *says("one")],
        says("two"),
        says(" and more"),
        [TextDelta("three"), gate, *says()],
        says("four"),
        store=Untouched(),
    )
    conversation = chat.conversations.create(temporary=True)
    chat.drafts.save(conversation.id, "hi")
    chat.actions.configure(
        conversation.id, system_prompt="Be brief.", generation=GenerationSettings()
    )
    first = await ask(chat, "hi", conversation)
    await run(chat, chat.turns.regenerate(conversation.id, first.reply.id))
    await run(chat, chat.turns.continue_reply(conversation.id, first.reply.id))
    chat.messages.show_variant(conversation.id, first.reply.id)
    chat.messages.trash(conversation.id, first.reply.id)
    chat.history.undo(conversation.id)
    turn = chat.turns.new(chat.conversations.get(conversation.id), "more")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "three")
    chat.turns.ask(chat.conversations.get(conversation.id), "queued")
    gate.open()
    await task
    queued = chat.turns.next_queued(conversation.id)
    assert queued is not None
    await run(chat, queued)
    chat.actions.rename(conversation.id, "Secret")
    chat.actions.pin([conversation.id])
    chat.conversations.set_unread(conversation.id, unread=True)
    branch = chat.actions.branch(conversation.id, first.reply.id)
    assert chat.conversations.is_temporary(branch.id)
    assert texts(chat, conversation.id) == ["hi", "one", "more", "three", "queued", "four"]
    assert {each.id for each in chat.conversations.all()} == {conversation.id, branch.id}
    assert chat.writes.error is None
    await chat.aclose()
    assert_untouched(store)


async def test_an_edited_prompt_of_a_temporary_conversation_stays_in_memory() -> None:
    chat, store, _ = service_of(says("one"), store=Untouched())
    turn = await ask(chat, "hi", chat.conversations.create(temporary=True))
    chat.drafts.save_edit(turn.conversation.id, turn.prompt.id, "hi there")
    assert [draft.text for draft in chat.drafts.edits(turn.conversation.id).values()] == [
        "hi there"
    ]
    assert chat.writes.error is None
    await chat.aclose()
    assert_untouched(store)


async def test_a_temporary_conversation_is_not_found_and_no_history_of_prompts() -> None:
    chat, store, _ = service_of(says("one"))
    await ask(chat, "hi", chat.conversations.create(temporary=True))
    assert list(chat.search.sent_prompts()) == []
    assert list(await chat.search.find("hi")) == []
    assert service_of(store=store)[0].conversations.all() == []
    await chat.aclose()


async def test_one_that_goes_to_the_trash_can_be_taken_back_while_the_program_runs() -> None:
    chat, store, _ = service_of(says("one"), store=Untouched())
    turn = await ask(chat, "hi", chat.conversations.create(temporary=True))
    chat.actions.trash([turn.conversation.id])
    assert chat.conversations.all() == []
    chat.history.undo()
    assert texts(chat, turn.conversation.id) == ["hi", "one"]
    chat.actions.trash([turn.conversation.id])
    chat.actions.delete([turn.conversation.id])
    assert chat.conversations.trashed() == []
    assert turn.reply.status is MessageStatus.COMPLETE
    await chat.aclose()
    assert_untouched(store)
