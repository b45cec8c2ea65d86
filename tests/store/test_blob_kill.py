"""Whenever kill -9 comes, no row names bytes that are not there, and nothing saved is lost."""

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fakegpt_tui.domain.parts import blobs_of
from fakegpt_tui.store import blobs
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.test_blobs import age, sweep

ROOT = Path(__file__).parents[2]
MOST_CALLS = 6_000


def killed(path: Path, seed: int) -> list[list[str]]:
    """What a process said before it killed itself at a random call."""
    calls = random.Random(seed).randrange(1, MOST_CALLS)
    command = [sys.executable, "-m", "tests.store.attaching_process", str(path), str(seed)]
    done = subprocess.run(
        [*command, str(calls)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def check(path: Path, said: list[list[str]]) -> None:
    folder = blobs.blob_folder(path)
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as connection:
        has_uses = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'blob_use'"
        ).fetchone()[0]
        named = connection.execute("SELECT DISTINCT digest FROM blob_use") if has_uses else ()
        for (digest,) in named:
            assert (folder / digest).exists()
            assert not blobs.is_damaged(folder / digest, digest)
    with ConversationStore.open(path) as store:
        assert not any("damaged" in notice for notice in store.notices)
        there = {each.id for each in store.conversations()}
        deleted = {words[1] for words in said if words[0] == "deleted"}
        for word, conversation_id in said:
            if word == "saved" and conversation_id not in deleted:
                # The deletion may have been done and not been said.
                assert conversation_id in there or conversation_id == said[-1][1]
        for conversation_id in there:
            for message in store.messages(conversation_id):
                assert message.error is None
                for blob in blobs_of(message.parts):
                    store.read_blob(blob.digest)


def run_rounds(path: Path, seeds: range) -> None:
    for seed in seeds:
        check(path, killed(path, seed))
    # What was not used, or half written, goes; what is used stays.
    age(path, 4)
    for copy in path.parent.glob("*.backup"):
        copy.unlink()
    sweep(path, 0, 2)
    with closing(sqlite3.connect(path)) as connection:
        used = {digest for (digest,) in connection.execute("SELECT digest FROM blob_use")}
    left = {each.name for each in blobs.blob_folder(path).iterdir()}
    assert left == used


def test_no_row_is_without_its_bytes_after_a_kill(path: Path) -> None:
    run_rounds(path, range(6))


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_no_row_is_without_its_bytes_in_a_thousand_kills(path: Path, block: int) -> None:
    run_rounds(path, range(1000 + block * 50, 1050 + block * 50))
