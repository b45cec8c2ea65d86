"""Rounds in which processes are killed while they use a store."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, MessageStatus, SearchQuery
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.campaigns import children
from tests.campaigns.children import Told, killed
from tests.campaigns.tally import Tally
from tests.store.streaming_process import text_of

_LONGEST = 0.6
_ROUNDS_OF_A_STORE = 20


class Kills:
    """Kills again and again over the same store, which holds what was acknowledged ever since."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._folder = folder
        self._tally = tally
        self._rounds = 0
        self._acknowledged: set[str] = set()

    def stream(self, seed: int) -> None:
        self._round(seed, [children.stream])

    def stream_twice(self, seed: int) -> None:
        self._round(seed, [children.stream, children.stream])

    def bring_in(self, seed: int) -> None:
        self._round(seed, [children.bring_in])

    def mixed(self, seed: int) -> None:
        """One instance reads all, the other writes much."""
        self._round(seed, [children.read, random.Random(seed).choice(_WRITING)])

    def migrate(self, seed: int) -> None:
        path = self._fresh("old")
        ids = children.make_old(path, 2000)
        killed(path, [children.migrate], seed, 0.15)
        with ConversationStore.open(path) as store:
            found = {message.id: message for message in store.messages("c")}
            hits = store.search(SearchQuery(text="words"), 3000)
        self._tally.acknowledged += len(ids)
        self._tally.lost += len(set(ids) - found.keys())
        assert len(hits) == len(ids), f"{len(hits)} of {len(ids)} messages are in the index"
        assert all(message.error is None for message in found.values())

    def _round(self, seed: int, acts: list) -> None:  # type: ignore[type-arg]
        if self._rounds % _ROUNDS_OF_A_STORE == 0:
            self._acknowledged.clear()
            self._fresh("kills")
        self._rounds += 1
        path = self._folder / "kills" / "c.db"
        found = killed(path, acts, seed, _LONGEST)
        with ConversationStore.open(path) as store:
            assert store.notices == (), store.notices
            messages = [each for one in store.conversations() for each in store.messages(one.id)]
        stored = {message.id: message for message in messages}
        assert all(message.status.is_final for message in messages)
        assert all(message.error is None for message in messages)
        for told in found:
            self._acknowledged |= set(told.writes)
            self._tally.acknowledged += len(told.writes) + len(told.ends)
            self._compare(stored, told)
        self._tally.lost += len(self._acknowledged - stored.keys())
        _must_be_sound(path)

    def _compare(self, stored: dict[str, ChatMessage], told: Told) -> None:
        for reply_id, lengths in told.lengths.items():
            if reply_id not in stored:
                continue
            reply = stored[reply_id]
            assert reply.text == text_of(reply_id, len(reply.text)), "the text is no prefix"
            if reply_id in told.ends:
                is_kept = reply.status is MessageStatus.COMPLETE
                self._tally.lost += not (is_kept and len(reply.text) == told.ends[reply_id])
            elif reply.status is not MessageStatus.COMPLETE:
                missing = [moment for length, moment in lengths if length > len(reply.text)]
                self._tally.text_lost.append(told.killed_at - min(missing, default=told.killed_at))

    def _fresh(self, name: str) -> Path:
        shutil.rmtree(self._folder / name, ignore_errors=True)
        return self._folder / name / "c.db"


_WRITING = [children.stream, children.bring_in]


def _must_be_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM reply_delta").fetchone() == (0,)
        for index in ("message_index", "title_index"):
            # It raises where the index does not hold together.
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
