"""What is typed and not sent."""

from pathlib import Path

from fakegpt_tui.domain import Bookmark, Draft, GenerationSettings
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.fake_chat import ask, says, service_of


def bookmark(conversation_id: str, source: int = 40) -> Bookmark:
    return Bookmark(conversation_id, "m", "TEXT", source, 3, -1)


async def test_a_bookmark_is_kept_over_a_restart() -> None:
    chat, store, _ = service_of(says("one"))
    conversation_id = (await ask(chat, "hi")).conversation.id
    assert chat.bookmarks.get(conversation_id) is None
    chat.bookmarks.put(conversation_id, bookmark(conversation_id))
    later, _, _ = service_of(store=store)
    assert later.bookmarks.get(conversation_id) == bookmark(conversation_id)
    later.bookmarks.put(conversation_id, None)
    again, _, _ = service_of(store=store)
    assert again.bookmarks.get(conversation_id) is None


async def test_a_bookmark_that_cannot_be_saved_is_no_error() -> None:
    chat, store, _ = service_of()
    store.refusal = "The disk is full."
    chat.bookmarks.put("c", bookmark("c"))
    assert chat.writes.error is None
    assert chat.bookmarks.get("c") == bookmark("c")


async def test_a_temporary_conversation_leaves_no_bookmark() -> None:
    chat, store, _ = service_of(says("one"))
    conversation = chat.conversations.create(temporary=True)
    chat.bookmarks.put(conversation.id, bookmark(conversation.id))
    assert chat.bookmarks.get(conversation.id) == bookmark(conversation.id)
    assert store.bookmark(conversation.id) is None


def test_bookmarks_on_disk_are_replaced_and_go_with_their_conversation(tmp_path: Path) -> None:
    with ConversationStore.open(tmp_path / "c.db") as store:
        store.save_bookmark(bookmark("a"))
        store.save_bookmark(bookmark("a", 50))
        store.save_bookmark(bookmark("b\ud800")).result()
        assert store.bookmark("a") == bookmark("a", 50)
        assert store.bookmark("b\ud800") is not None
        store.delete_bookmark("b\ud800").result()
        assert store.bookmark("b\ud800") is None
        store.delete_conversation("a").result()
        assert store.bookmark("a") is None
    with ConversationStore.open(tmp_path / "c.db") as store:
        assert store.bookmark("a") is None


async def test_a_draft_is_kept_with_its_cursor_over_a_restart() -> None:
    chat, store, _ = service_of(says("one"))
    conversation_id = (await ask(chat, "hi")).conversation.id
    chat.drafts.save(conversation_id, "half a\nsent", (1, 4))
    later, _, _ = service_of(store=store)
    assert later.drafts.get(conversation_id) == Draft(conversation_id, "half a\nsent", (1, 4))
    assert later.drafts.unsent() == []


async def test_a_draft_is_gone_once_there_is_nothing_in_it() -> None:
    chat, store, _ = service_of()
    conversation = chat.conversations.create()
    chat.drafts.save(conversation.id, "a")
    chat.drafts.save(conversation.id, " \n")
    assert chat.drafts.get(conversation.id) is None
    assert store.drafts() == {}


async def test_the_draft_of_a_conversation_without_a_prompt_is_found_again() -> None:
    chat, store, _ = service_of()
    conversation = chat.conversations.create()
    chat.drafts.save(conversation.id, "never sent", (0, 10))
    assert chat.drafts.unsent() == []
    later, _, _ = service_of(says("one"), store=store)
    (draft,) = later.drafts.unsent()
    turn = await ask(
        later, draft.text, later.conversations.create(conversation_id=draft.conversation_id)
    )
    later.drafts.save(turn.conversation.id, "")
    assert turn.conversation.id == conversation.id
    assert later.drafts.unsent() == []
    assert store.drafts() == {}


async def test_what_was_chosen_for_a_conversation_without_a_prompt_is_found_again(
    tmp_path: Path,
) -> None:
    with ConversationStore.open(tmp_path / "c.db") as store:
        chat, _, _ = service_of(store=store)
        begun = chat.conversations.create()
        warm = GenerationSettings(temperature=0.5)
        chat.actions.configure(begun.id, system_prompt="Be \ud800brief", generation=warm)
        chat.drafts.save(begun.id, "")
    with ConversationStore.open(tmp_path / "c.db") as store:
        later, _, _ = service_of(says("one"), store=store)
        (draft,) = later.drafts.unsent()
        found = later.drafts.resume(draft)
        assert (found.id, found.system_prompt) == (begun.id, "Be \ufffdbrief")
        assert found.generation.temperature == 0.5
        assert later.conversations.get(begun.id) == found
        await ask(later, "hi", found)
        later.drafts.save(begun.id, "")
        assert later.drafts.get(begun.id) is None


async def test_what_was_chosen_is_forgotten_when_the_conversation_is_left_without_a_word() -> None:
    chat, store, _ = service_of()
    begun = chat.conversations.create()
    chat.actions.configure(begun.id, system_prompt="Be brief", generation=GenerationSettings())
    for text, is_kept in [("typed", True), ("", False)]:
        chat.drafts.save(begun.id, text)
        chat.drafts.leave(begun.id)
        assert bool(store.drafts()) is is_kept
    chat.conversations.make_temporary(begun.id)
    chat.drafts.save(begun.id, "typed")
    assert store.drafts() == {}


async def test_a_conversation_that_is_known_is_not_begun_again() -> None:
    chat, _, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    again = chat.conversations.create(conversation_id=turn.conversation.id)
    assert again == chat.conversations.get(turn.conversation.id)
    assert chat.conversations.all() == [again]


def test_what_has_not_changed_is_not_written_again() -> None:
    chat, store, _ = service_of()
    chat.drafts.save("c", "text", (0, 4))
    store.refusal = "The disk is full."
    chat.drafts.save("c", "text", (0, 4))
    assert chat.writes.error is None
    chat.drafts.save("c", "text", (0, 3))
    assert str(chat.writes.error) == "The disk is full."


async def test_earlier_prompts_come_back_newest_first_and_once_each() -> None:
    chat, _, _ = service_of(says("1"), says("2"), says("3"))
    for text in ("one", "two", "one"):
        await ask(chat, text)
    assert list(chat.search.sent_prompts()) == ["one", "two"]
    assert list(chat.search.sent_prompts(1)) == ["one"]


async def test_an_edited_prompt_has_a_draft_of_its_own_and_is_gone_with_its_conversation() -> None:
    chat, store, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    conversation_id, prompt_id = turn.conversation.id, turn.prompt.id
    chat.drafts.save(conversation_id, "new")
    chat.drafts.save_edit(conversation_id, prompt_id, "hi there", (0, 8))
    later, _, _ = service_of(store=store)
    assert later.drafts.unsent() == []
    assert {each: draft.text for each, draft in later.drafts.all().items()} == {
        conversation_id: "new"
    }
    (edit,) = later.drafts.edits(conversation_id).items()
    assert (edit[0], edit[1].text, edit[1].cursor) == (prompt_id, "hi there", (0, 8))
    assert later.drafts.conversations() == {conversation_id}
    later.actions.trash([conversation_id])
    later.actions.delete([conversation_id])
    assert store.drafts() == {}
