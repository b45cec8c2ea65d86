"""Stores that earlier releases wrote. Each release adds a dump of one of its own."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.chat.mirror import Mirror
from fakegpt_tui.domain import (
    Bookmark,
    Draft,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    QueuedPrompt,
    SearchQuery,
    TitleSource,
    Usage,
)
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.test_undo import chat_over

DUMPS = sorted((Path(__file__).parent / "files").glob("*.sql"))


@pytest.fixture(params=DUMPS, ids=lambda dump: dump.stem)
def old_path(request: pytest.FixtureRequest, path: Path) -> Path:
    path.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text())
    return path


def test_an_old_store_opens_with_every_conversation(old_path: Path) -> None:
    with ConversationStore.open(old_path) as store:
        assert store.notices == ()
        archived, pinned = store.conversations()
        assert archived.archived
        assert (pinned.title, pinned.title_source) == ("Title 1", TitleSource.PERSON)
        assert pinned.pinned
        assert pinned.unread
        assert (pinned.server_id, pinned.system_prompt) == ("remote-1", "Be brief.")
        assert pinned.generation == GenerationSettings(
            temperature=0.5, top_p=0.9, max_tokens=100, seed=7, stop=("END",)
        )
        assert [each.id for each in store.trashed()] == ["c3"]
        assert store.drafts() == {"c1": Draft("c1", "A draft", (0, 7))}
        assert store.bookmark("c1") == Bookmark("c1", "r1", "text", 3, 2, 1)
        assert store.queued_prompts() == {"c1": [QueuedPrompt("q1", "c1", "Next prompt")]}


def test_an_old_store_opens_with_every_message(old_path: Path) -> None:
    with ConversationStore.open(old_path) as store:
        prompt, reply, failed, trashed = store.messages("c1")
        assert prompt.text == "How tall is a giraffe?"
        assert (reply.usage, reply.finish) == (Usage(12, 5), FinishReason.STOP)
        assert (reply.reasoning, reply.server_id) == ("Animals.", "remote-m1")
        assert (failed.status, failed.error) == (MessageStatus.FAILED, "The connection was lost.")
        assert trashed.trashed_at is not None
        assert (reply.first_word_after, reply.ended_after, reply.thought_for) == (None,) * 3
        # Its instance had died while the reply streamed.
        interrupted = store.path("c2")[-1]
        assert interrupted.text == "Half a reply"
        assert interrupted.status is MessageStatus.INTERRUPTED
        found = {
            hit.message_id
            for word in ("giraffe", "metres", "鹿", "reply")
            for hit in store.search(SearchQuery(text=word), 9)
        }
        assert found == {"p1", "r1", "p2", "r4"}


def test_conversations_of_an_old_store_are_in_no_folder_and_can_be_put_into_one(
    old_path: Path,
) -> None:
    with ConversationStore.open(old_path) as store:
        found = (*store.conversations(), *store.trashed())
        assert {(each.folder, each.tags) for each in found} == {("", ())}
        assert store.folders() == []
        moved = replace(found[1], folder="Work", tags=("a", "b"))
        store.save_conversation(moved)
        store.save_folder(Folder("Work", "s", "m", "Be brief.")).result()
    with ConversationStore.open(old_path) as store:
        assert store.conversation(moved.id) == moved
        assert store.folders() == [Folder("Work", "s", "m", "Be brief.")]


def test_an_old_store_takes_new_messages(old_path: Path) -> None:
    with ConversationStore.open(old_path) as store:
        (_, pinned) = store.conversations()
        store.trash_messages(["r1"], pinned.created_at).result()
        store.delete_conversation("c2").result()
    with ConversationStore.open(old_path) as store:
        assert [each.id for each in store.conversations()] == ["c1"]
        assert all(each.status is not MessageStatus.INTERRUPTED for each in store.messages("c1"))


def test_an_old_store_gets_a_mirror_and_an_undo(old_path: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with ConversationStore.open(old_path) as store:
        before = store.conversations()
        Mirror(store, notes).update()
        assert sorted(read_markdown(each.read_text())[0].id for each in notes.iterdir()) == sorted(
            each.id for each in before
        )
        chat_over(store).actions.rename("c1", "Other")
    with ConversationStore.open(old_path) as store:
        assert chat_over(store).history.undo() == "“Other” was renamed."
    with ConversationStore.open(old_path) as store:
        assert store.conversations() == before
