"""Where conversations were left, over restarts."""

from pathlib import Path

from fakegpt_tui.domain import Bookmark
from fakegpt_tui.store.conversations import ConversationStore
from tests.chat.joined import ask, says, service_of


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


async def test_what_cannot_be_kept_is_no_trouble() -> None:
    chat, store, _ = service_of()
    store.refusal = "The disk is full."
    chat.bookmarks.put("c", bookmark("c"))
    assert chat.save_error is None
    assert chat.bookmarks.get("c") == bookmark("c")


async def test_a_temporary_conversation_leaves_no_bookmark() -> None:
    chat, store, _ = service_of(says("one"))
    conversation = chat.new_conversation(temporary=True)
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
        store.forget_bookmark("b\ud800").result()
        assert store.bookmark("b\ud800") is None
        store.delete_conversation("a").result()
        assert store.bookmark("a") is None
    with ConversationStore.open(tmp_path / "c.db") as store:
        assert store.bookmark("a") is None
