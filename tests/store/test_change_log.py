"""What can be undone, by any instance and after a restart."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakegpt_tui.domain.undo import MOST_ACTIONS, OLDEST_ACTION, UndoAction, UndoStep
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import conversation

NOW = datetime.now(UTC)


def action(
    number: int, *ids: str, scope: str = "", at: datetime = NOW, steps: Sequence[UndoStep] = ()
) -> UndoAction:
    made = tuple(UndoStep(each, "{}") for each in ids) or tuple(steps)
    return UndoAction(f"action {number}", "", "renamed", scope, at, made)


def test_the_last_action_of_a_scope_comes_first_in_every_instance(path: Path) -> None:
    with ConversationStore.open(path) as one, ConversationStore.open(path) as other:
        for each in "ab":
            one.add_turn(conversation(id=each)).result()
        added = [action(1, "a", "b"), action(2, "a", scope="a"), action(3, "b", scope="b")]
        for each in added:
            one.changes.add_action(each).result()
        assert other.changes.last_action("a") == added[1]
        assert other.changes.last_action("") == added[0]
        other.changes.remove_action("action 3").result()
        assert one.changes.last_action("b") == added[0]
    with ConversationStore.open(path) as later:
        found = later.changes.last_action("a")
        assert found == added[1]
        assert found.conversation_ids == ("a",)


def test_only_so_many_and_none_that_is_too_old(store: ConversationStore, path: Path) -> None:
    store.add_turn(conversation(id="a")).result()
    store.changes.add_action(action(0, "a", at=NOW - OLDEST_ACTION)).result()
    assert store.changes.last_action("") is None
    for number in range(1, MOST_ACTIONS + 3):
        store.changes.add_action(action(number, "a", "b")).result()
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT id FROM undo_action ORDER BY position").fetchall()
        assert [each for (each,) in kept[:1]] == ["action 3"]
        assert len(kept) == MOST_ACTIONS
        steps = connection.execute("SELECT count(*) FROM undo_step").fetchone()
        assert steps == (2 * MOST_ACTIONS,)
    store.changes.add_action(action(999, at=NOW + OLDEST_ACTION + timedelta(1))).result()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM undo_action").fetchone() == (1,)


def test_nothing_of_a_conversation_that_is_deleted_for_ever_is_left(
    store: ConversationStore, path: Path
) -> None:
    gone, kept = conversation(), conversation()
    for each in (gone, kept):
        store.add_turn(each).result()
    store.changes.add_action(action(1, gone.id, kept.id)).result()
    store.changes.add_action(action(2, gone.id, scope=gone.id)).result()
    store.changes.add_action(action(3, "")).result()
    store.delete_conversation(gone.id).result()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM undo_action").fetchall() == [
            ("action 1",),
            ("action 3",),
        ]
        assert connection.execute(
            "SELECT conversation_id FROM undo_step ORDER BY action_id"
        ).fetchall() == [
            (kept.id,),
            ("",),
        ]


def test_what_is_about_conversations_that_are_not_there_is_passed_over(
    store: ConversationStore,
) -> None:
    store.add_turn(conversation(id="a")).result()
    for number, each in enumerate(["a", "never saved"]):
        store.changes.add_action(action(number, each)).result()
    assert store.changes.last_action("") == action(0, "a")
    assert store.changes.last_action("", but_not=["action 0"]) is None


def test_what_is_added_again_is_there_once(store: ConversationStore) -> None:
    store.add_turn(conversation(id="a")).result()
    for _ in range(2):
        store.changes.add_action(action(1, "a")).result()
    assert store.changes.last_action("") == action(1, "a")
