from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, StoreError
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.transfer.chatgpt import HIDDEN, conversation_of
from fakegpt_tui.transfer.found import Loaded, Skipped
from fakegpt_tui.transfer.importing import Importer, Outcome
from tests.transfer.exports import exported, ordinary, said, tree
from tests.transfer.trees import TIME, branched, message

CONVERSATION, MESSAGES = branched()
OURS = Loaded(CONVERSATION, tuple(MESSAGES))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    with ConversationStore.open(tmp_path / "conversations.db") as opened:
        yield opened


def held(store: ConversationStore) -> list[tuple[Conversation, tuple[ChatMessage, ...]]]:
    return [(each, store.messages(each.id)) for each in store.conversations()]


def chatgpt(**changes: object) -> Loaded:
    return conversation_of(ordinary(**changes), service="embedded", model="guide")


def test_what_was_saved_is_taken_as_it_was(store: ConversationStore) -> None:
    importer = Importer(store)
    assert importer.take(OURS) is Outcome.ADDED
    assert held(store) == [(CONVERSATION, tuple(MESSAGES))]
    assert importer.report.messages == 4


def test_doing_it_again_changes_nothing(store: ConversationStore) -> None:
    found = [OURS, chatgpt()]
    assert [Importer(store).take(each) for each in found] == [Outcome.ADDED] * 2
    before = held(store)
    importer = Importer(store)
    assert [importer.take(each) for each in found] == [Outcome.KNOWN] * 2
    assert held(store) == before
    assert (importer.report.messages, importer.report.left_out) == (0, {})


def test_a_dry_run_tells_the_same_and_writes_nothing(store: ConversationStore) -> None:
    found = [OURS, chatgpt(), chatgpt(), Skipped("x", "x is damaged.")]
    dry, real = Importer(store, dry_run=True), Importer(store)
    told = [dry.take(each) for each in found]
    assert held(store) == []
    assert told == [real.take(each) for each in found]
    assert dry.report == real.report
    assert real.report.left_out == {HIDDEN: 1}
    assert real.report.outcomes == {Outcome.ADDED: 2, Outcome.KNOWN: 1, Outcome.SKIPPED: 1}


def test_a_later_export_prolongs_what_is_known(store: ConversationStore) -> None:
    def export(*more: tuple[str, str, dict[str, object]]) -> Loaded:
        mapping = tree(("p", None, said("user", "Hi")), ("r", "p", said("assistant", "Ho")), *more)
        return conversation_of(exported(mapping), service="embedded", model="guide")

    importer = Importer(store)
    importer.take(export())
    (known,) = store.conversations()
    store.save_conversation(replace(known, title="Mine", pinned=True)).result()
    assert importer.take(export(("p2", "r", said("user", "And?")))) is Outcome.EXTENDED
    (conversation,) = store.conversations()
    assert (conversation.title, conversation.pinned) == ("Mine", True)
    assert [each.text for each in store.path(conversation.id)] == ["Hi", "Ho", "And?"]


def test_a_path_that_a_person_went_on_stays_shown(store: ConversationStore) -> None:
    Importer(store).take(chatgpt(current_node="r1"))
    (known,) = store.conversations()
    own = message("Mine", id="own", conversation_id=known.id, parent_id=known.leaf_id)
    store.add_turn(replace(known, leaf_id="own"), own).result()
    mapping = ordinary()["mapping"] | tree(("r3", "p2", said("assistant", "They sleep.")))
    mapping["p2"]["children"].append("r3")
    more = conversation_of(exported(mapping), service="embedded", model="guide")
    assert Importer(store).take(more) is Outcome.EXTENDED
    assert [each.text for each in store.path(known.id)] == ["Tell of rivers", "They flow.", "Mine"]
    assert len(store.messages(known.id)) == 6


def test_what_was_thrown_away_does_not_come_back(store: ConversationStore) -> None:
    Importer(store).take(OURS)
    store.save_conversation(replace(CONVERSATION, trashed_at=TIME)).result()
    importer = Importer(store)
    assert importer.take(OURS) is Outcome.KNOWN
    assert store.conversations() == ()
    assert importer.report.summary(dry_run=False).endswith("Known: 1. Skipped: 0. In the trash: 1.")


def test_nothing_goes_on_streaming_into_what_was_imported(store: ConversationStore) -> None:
    streaming = replace(MESSAGES[-1], status=MessageStatus.STREAMING)
    Importer(store).take(Loaded(CONVERSATION, (*MESSAGES[:-1], streaming)))
    assert store.messages(CONVERSATION.id)[-1].status is MessageStatus.INTERRUPTED


def test_a_copy_with_another_id_is_skipped_and_does_not_stop_the_others(
    store: ConversationStore,
) -> None:
    copy = replace(CONVERSATION, id="copy")
    messages = tuple(replace(each, conversation_id="copy") for each in MESSAGES)
    importer = Importer(store)
    told = [importer.take(each) for each in (OURS, Loaded(copy, messages), chatgpt())]
    assert told == [Outcome.ADDED, Outcome.SKIPPED, Outcome.ADDED]
    assert [each.where for each in importer.report.skipped] == ["copy"]
    assert store.conversation("copy") is None
    importer.take(Loaded(copy, messages))
    with pytest.raises(StoreError):
        importer.take(Loaded(copy, messages))
