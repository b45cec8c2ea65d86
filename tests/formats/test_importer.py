from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, StoreError, TitleSource
from fakegpt_tui.formats.base import LoadedItem, SkippedItem
from fakegpt_tui.formats.chatgpt_conversation import HIDDEN, read_conversation
from fakegpt_tui.formats.import_report import ImportOutcome
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.formats.exports import exported, ordinary, said, tree
from tests.formats.trees import TIME, branched, message

CONVERSATION, MESSAGES = branched()
OURS = LoadedItem(CONVERSATION, tuple(MESSAGES))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    with ConversationStore.open(tmp_path / "conversations.db") as opened:
        yield opened


def held(store: ConversationStore) -> list[tuple[Conversation, tuple[ChatMessage, ...]]]:
    return [(each, store.messages(each.id)) for each in store.conversations()]


def chatgpt(**changes: object) -> LoadedItem:
    return read_conversation(ordinary(**changes), service="embedded", model="guide")


def test_what_was_saved_is_taken_as_it_was(store: ConversationStore) -> None:
    importer = Importer(store)
    assert importer.add(OURS) is ImportOutcome.ADDED
    assert held(store) == [(CONVERSATION, tuple(MESSAGES))]
    assert importer.report.messages == 4


def test_doing_it_again_changes_nothing(store: ConversationStore) -> None:
    found = [OURS, chatgpt()]
    assert [Importer(store).add(each) for each in found] == [ImportOutcome.ADDED] * 2
    before = held(store)
    importer = Importer(store)
    assert [importer.add(each) for each in found] == [ImportOutcome.KNOWN] * 2
    assert held(store) == before
    assert (importer.report.messages, importer.report.left_out) == (0, {})


def test_a_dry_run_tells_the_same_and_writes_nothing(store: ConversationStore) -> None:
    found = [OURS, chatgpt(), chatgpt(), SkippedItem("x", "x is damaged.")]
    dry, real = Importer(store, dry_run=True), Importer(store)
    told = [dry.add(each) for each in found]
    assert held(store) == []
    assert told == [real.add(each) for each in found]
    assert dry.report == real.report
    assert real.report.left_out == {HIDDEN: 1}
    assert real.report.outcomes == {
        ImportOutcome.ADDED: 2,
        ImportOutcome.KNOWN: 1,
        ImportOutcome.SKIPPED: 1,
    }


def test_a_later_export_prolongs_what_is_known(store: ConversationStore) -> None:
    def export(*more: tuple[str, str, dict[str, object]]) -> LoadedItem:
        mapping = tree(("p", None, said("user", "Hi")), ("r", "p", said("assistant", "Ho")), *more)
        return read_conversation(exported(mapping), service="embedded", model="guide")

    importer = Importer(store)
    importer.add(export())
    (known,) = store.conversations()
    store.save_conversation(
        replace(known, title="Mine", title_source=TitleSource.PERSON, pinned=True)
    ).result()
    assert importer.add(export(("p2", "r", said("user", "And?")))) is ImportOutcome.EXTENDED
    (conversation,) = store.conversations()
    assert (conversation.title, conversation.pinned) == ("Mine", True)
    assert [each.text for each in store.path(conversation.id)] == ["Hi", "Ho", "And?"]


def test_a_later_export_renames_and_archives_what_was_not_named_here(
    store: ConversationStore,
) -> None:
    first = chatgpt(title="Old", update_time=1_000.0)
    later = chatgpt(title="New", update_time=2_000.0, is_archived=True)
    assert Importer(store).add(first) is ImportOutcome.ADDED
    assert Importer(store).add(later) is ImportOutcome.EXTENDED
    (conversation,) = store.conversations()
    assert (conversation.title, conversation.archived) == ("New", True)
    store.save_conversation(replace(conversation, archived=False)).result()
    for known in (later, first):
        assert Importer(store).add(known) is ImportOutcome.KNOWN
    (conversation,) = store.conversations()
    assert (conversation.title, conversation.archived) == ("New", False)


def test_a_later_export_puts_into_a_folder_what_is_in_none_and_adds_tags(
    store: ConversationStore,
) -> None:
    def export(day: int, **changes: Any) -> LoadedItem:
        time = TIME + timedelta(days=day)
        header = replace(CONVERSATION, leaf_id="m", updated_at=time, **changes)
        return LoadedItem(header, (message("They flow."),))

    def placed() -> tuple[str, tuple[str, ...]]:
        (conversation,) = store.conversations()
        return conversation.folder, conversation.tags

    Importer(store).add(export(0))
    newer = export(1, folder="Work", tags=("wet",))
    assert Importer(store).add(newer) is ImportOutcome.EXTENDED
    assert placed() == ("Work", ("wet",))
    store.save_conversation(replace(*store.conversations(), folder="", tags=("own",))).result()
    assert Importer(store).add(newer) is ImportOutcome.KNOWN
    assert placed() == ("", ("own",))
    store.save_conversation(replace(*store.conversations(), folder="Mine")).result()
    assert (
        Importer(store).add(export(2, folder="Home", tags=("OWN", "x"))) is ImportOutcome.EXTENDED
    )
    assert placed() == ("Mine", ("own", "x"))


def test_a_path_that_a_person_went_on_stays_shown(store: ConversationStore) -> None:
    Importer(store).add(chatgpt(current_node="r1"))
    (known,) = store.conversations()
    own = message("Mine", id="own", conversation_id=known.id, parent_id=known.leaf_id)
    store.add_turn(replace(known, leaf_id="own"), own).result()
    mapping = ordinary()["mapping"] | tree(("r3", "p2", said("assistant", "They sleep.")))
    mapping["p2"]["children"].append("r3")
    more = read_conversation(exported(mapping), service="embedded", model="guide")
    assert Importer(store).add(more) is ImportOutcome.EXTENDED
    assert [each.text for each in store.path(known.id)] == ["Tell of rivers", "They flow.", "Mine"]
    assert len(store.messages(known.id)) == 6


def test_what_was_thrown_away_does_not_come_back(store: ConversationStore) -> None:
    Importer(store).add(OURS)
    store.save_conversation(replace(CONVERSATION, trashed_at=TIME)).result()
    importer = Importer(store)
    assert importer.add(OURS) is ImportOutcome.KNOWN
    assert store.conversations() == ()
    assert importer.report.summary(dry_run=False).endswith(
        "new messages. Already there: 1. In the trash: 1."
    )


def test_nothing_goes_on_streaming_into_what_was_imported(store: ConversationStore) -> None:
    streaming = replace(MESSAGES[-1], status=MessageStatus.STREAMING)
    Importer(store).add(LoadedItem(CONVERSATION, (*MESSAGES[:-1], streaming)))
    assert store.messages(CONVERSATION.id)[-1].status is MessageStatus.INTERRUPTED


def test_a_copy_with_another_id_is_skipped_and_does_not_stop_the_others(
    store: ConversationStore,
) -> None:
    copy = replace(CONVERSATION, id="copy")
    messages = tuple(replace(each, conversation_id="copy") for each in MESSAGES)
    importer = Importer(store)
    told = [importer.add(each) for each in (OURS, LoadedItem(copy, messages), chatgpt())]
    assert told == [ImportOutcome.ADDED, ImportOutcome.SKIPPED, ImportOutcome.ADDED]
    assert [each.where for each in importer.report.skipped] == ["copy"]
    assert store.conversation("copy") is None
    importer.add(LoadedItem(copy, messages))
    with pytest.raises(StoreError):
        importer.add(LoadedItem(copy, messages))


def test_a_reply_that_was_cut_in_an_earlier_export_is_completed(store: ConversationStore) -> None:
    def export(text: str, **changes: object) -> LoadedItem:
        reply = said("assistant", text, **changes)
        mapping = tree(("p", None, said("user", "Hi")), ("r", "p", reply))
        return read_conversation(exported(mapping), service="embedded", model="guide")

    importer, dry = Importer(store), Importer(store, dry_run=True)
    cut = export("About a", status="in_progress")
    assert importer.add(cut) is ImportOutcome.ADDED
    whole = export("About a hundred.")
    assert [dry.add(each) for each in (whole, whole)] == [
        ImportOutcome.EXTENDED,
        ImportOutcome.KNOWN,
    ]
    assert importer.add(whole) is ImportOutcome.EXTENDED
    (conversation,) = store.conversations()
    reply = store.path(conversation.id)[-1]
    assert (reply.text, reply.status) == ("About a hundred.", MessageStatus.COMPLETE)
    for known in (whole, cut):
        assert importer.add(known) is ImportOutcome.KNOWN
    assert store.path(conversation.id)[-1].text == "About a hundred."
    assert importer.report.messages == 2
