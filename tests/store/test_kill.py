"""What is left in the store when kill -9 ends the program at any moment (D1, D4, D12)."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakegpt_tui.domain import ChatMessage, MessageStatus
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.patience import PATIENCE
from tests.store.streaming_process import text_of

ROOT = Path(__file__).parents[2]
GATHERING_TIME = 0.25
SLACK = 0.5
"""Seconds that a busy machine may add to the writing itself."""


@dataclass
class Reported:
    """What a process said before it was killed."""

    killed_at: float = 0.0
    turns: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, line: str) -> None:
        match line.split():
            case ["turn", reply]:
                self.turns.append(reply)
            case ["grew", reply, length, moment]:
                self.lengths[reply].append((int(length), float(moment)))
            case ["end", reply, length]:
                self.ends[reply] = int(length)


def killed(
    path: Path,
    seed: int,
    processes: int = 1,
    *,
    pieces: tuple[int, ...] = (1, 20, 300),
    after: float | None = None,
) -> list[Reported]:
    """Let processes stream into one store and kill them, by default at a random moment."""
    after = random.Random(seed).uniform(0, 0.7) if after is None else after
    command = [sys.executable, "-m", "tests.store.streaming_process", str(path)]
    logs = [path.with_name(f"log-{seed}-{number}") for number in range(processes)]
    path.parent.mkdir(exist_ok=True)
    children = []
    for number, log in enumerate(logs):
        with log.open("wb") as output:
            arguments = [*command, str(seed * 10 + number), *map(str, pieces)]
            children.append(subprocess.Popen(arguments, stdout=output, cwd=ROOT))
    found = []
    for child, log in zip(children, logs, strict=True):
        end = time.monotonic() + PATIENCE
        while not log.stat().st_size:
            assert child.poll() is None
            assert time.monotonic() < end
            time.sleep(0.002)
    # Not a wait for anything: the moment itself is what is tried.
    time.sleep(after)
    for child, log in zip(children, logs, strict=True):
        child.send_signal(signal.SIGKILL)
        reported = Reported(killed_at=time.monotonic())
        child.wait()
        whole, _, _ = log.read_text().rpartition("\n")
        for line in whole.split("\n"):
            reported.hear(line)
        found.append(reported)
    return found


def check(stored: dict[str, ChatMessage], reported: Reported) -> float:
    """Compare the store with what was said; how many seconds of a reply are missing at most?"""
    worst = 0.0
    for reply_id in reported.turns:
        reply = stored[reply_id]
        assert reply.text == text_of(reply_id, len(reply.text))
        if reply_id in reported.ends:
            assert (reply.status, len(reply.text)) == (
                MessageStatus.COMPLETE,
                reported.ends[reply_id],
            )
        elif reply.status is not MessageStatus.COMPLETE:
            assert reply.status is MessageStatus.INTERRUPTED
            missing = [
                (length, moment)
                for length, moment in reported.lengths[reply_id]
                if length > len(reply.text)
            ]
            worst = max([worst, *(reported.killed_at - moment for _, moment in missing)])
    return worst


def rounds(path: Path, numbers: range, processes: int) -> list[float]:
    """Kill again and again over the same store; the seconds that were missing in each round."""
    missing = []
    everything: list[Reported] = []
    for seed in numbers:
        found = killed(path, seed, processes)
        everything += found
        with ConversationStore.open(path) as store:
            assert store.notices == ()
            messages = [each for one in store.conversations() for each in store.messages(one.id)]
        stored = {message.id: message for message in messages}
        assert all(message.status.is_final for message in messages)
        missing += [check(stored, reported) for reported in found]
        for reported in everything:
            assert stored.keys() >= set(reported.turns)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM reply_delta").fetchone() == (0,)
    return missing


@pytest.mark.parametrize("processes", [1, 2])
def test_kill_9_loses_no_turn_and_nothing_that_was_finished(path: Path, processes: int) -> None:
    # A machine that stands still for a moment makes one of these longer, and not each.
    missing = (max(rounds(path, range(seed, seed + 3), processes)) for seed in range(0, 12, 3))
    assert any(seconds < GATHERING_TIME + SLACK for seconds in missing)


def test_kill_9_takes_a_quarter_second_at_most_of_a_slow_reply(path: Path) -> None:
    assert any(missing_of_a_slow_reply(path, seed) < GATHERING_TIME + SLACK for seed in range(1, 5))


def missing_of_a_slow_reply(path: Path, seed: int) -> float:
    (reported,) = killed(path, seed, pieces=(1,), after=1.2)
    assert any(reported.lengths.values())
    with ConversationStore.open(path) as store:
        messages = [each for one in store.conversations() for each in store.messages(one.id)]
    return check({message.id: message for message in messages}, reported)


@pytest.mark.long
def test_kill_9_many_times(path: Path, record_property: Callable[[str, object], None]) -> None:
    missing = rounds(path, range(100, 250), 1) + rounds(path, range(300, 350), 2)
    in_time = [seconds for seconds in missing if seconds < GATHERING_TIME + 0.05]
    record_property("kills", len(missing))
    record_property("seconds missing at most", max(missing))
    assert any(missing), "no reply was cut, so nothing was tried"
    assert max(missing) < GATHERING_TIME + SLACK
    assert len(in_time) > len(missing) * 0.95
