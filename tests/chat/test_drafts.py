"""What is typed and not sent."""

from fakegpt_tui.domain import Draft
from tests.chat.joined import ask, says, service_of


async def test_a_draft_is_kept_with_its_cursor_over_a_restart() -> None:
    chat, store, _ = service_of(says("one"))
    conversation_id = (await ask(chat, "hi")).conversation.id
    chat.drafts.save(conversation_id, "half a\nsent", (1, 4))
    later, _, _ = service_of(store=store)
    assert later.drafts.get(conversation_id) == Draft(conversation_id, "half a\nsent", (1, 4))
    assert later.unsent() == []


async def test_a_draft_is_gone_once_there_is_nothing_in_it() -> None:
    chat, store, _ = service_of()
    conversation = chat.new_conversation()
    chat.drafts.save(conversation.id, "a")
    chat.drafts.save(conversation.id, " \n")
    assert chat.drafts.get(conversation.id) is None
    assert store.drafts() == {}


async def test_the_draft_of_a_conversation_without_a_prompt_is_found_again() -> None:
    chat, store, _ = service_of()
    conversation = chat.new_conversation()
    chat.drafts.save(conversation.id, "never sent", (0, 10))
    assert chat.unsent() == []
    later, _, _ = service_of(says("one"), store=store)
    (draft,) = later.unsent()
    turn = await ask(
        later, draft.text, later.new_conversation(conversation_id=draft.conversation_id)
    )
    later.drafts.save(turn.conversation.id, "")
    assert turn.conversation.id == conversation.id
    assert later.unsent() == []
    assert store.drafts() == {}


async def test_a_conversation_that_is_known_is_not_begun_again() -> None:
    chat, _, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    again = chat.new_conversation(conversation_id=turn.conversation.id)
    assert again == chat.conversation(turn.conversation.id)
    assert chat.conversations() == [again]


def test_what_has_not_changed_is_not_written_again() -> None:
    chat, store, _ = service_of()
    chat.drafts.save("c", "text", (0, 4))
    store.refusal = "The disk is full."
    chat.drafts.save("c", "text", (0, 4))
    assert chat.save_error is None
    chat.drafts.save("c", "text", (0, 3))
    assert str(chat.save_error) == "The disk is full."


async def test_earlier_prompts_come_back_newest_first_and_once_each() -> None:
    chat, _, _ = service_of(says("1"), says("2"), says("3"))
    for text in ("one", "two", "one"):
        await ask(chat, text)
    assert list(chat.prompts()) == ["one", "two"]
    assert list(chat.prompts(1)) == ["one"]


async def test_an_edited_prompt_has_a_draft_of_its_own_and_is_gone_with_its_conversation() -> None:
    chat, store, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    conversation_id, prompt_id = turn.conversation.id, turn.prompt.id
    chat.drafts.save(conversation_id, "new")
    chat.drafts.save_edit(conversation_id, prompt_id, "hi there", (0, 8))
    later, _, _ = service_of(store=store)
    assert later.unsent() == []
    assert {each: draft.text for each, draft in later.drafts.all().items()} == {
        conversation_id: "new"
    }
    (edit,) = later.drafts.edits(conversation_id).items()
    assert (edit[0], edit[1].text, edit[1].cursor) == (prompt_id, "hi there", (0, 8))
    assert later.drafts.conversations() == {conversation_id}
    later.actions.trash([conversation_id])
    later.actions.delete([conversation_id])
    assert store.drafts() == {}
