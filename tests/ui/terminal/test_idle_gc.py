"""Whole collections happen in quiet, and not in the middle of something."""

import subprocess
import sys

import pytest

SCRIPT = """
import gc
from fakegpt_tui.cli.interface import defer_full_collections
from fakegpt_tui.ui.terminal.idle_gc import IdleCollector

whole = 0

def note(phase, about):
    global whole
    whole += phase == "stop" and about["generation"] == 2

gc.callbacks.append(note)
gc.disable()
defer_full_collections()
kept = []

def live(rounds):
    for _ in range(rounds):
        kept.append([[] for _ in range(50)])

live({rounds})
alone = whole
IdleCollector().collect(is_busy={is_busy})
print(gc.isenabled(), alone, whole - alone)
"""


def collections(rounds: int, *, is_busy: bool) -> str:
    script = SCRIPT.format(rounds=rounds, is_busy=is_busy)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_nothing_is_collected_whole_until_there_is_quiet() -> None:
    assert collections(20_000, is_busy=False) == "True 0 1"


def test_little_is_not_worth_a_collection() -> None:
    assert collections(10, is_busy=False) == "True 0 0"


def test_what_is_busy_is_left_alone_until_it_is_too_much() -> None:
    assert collections(20_000, is_busy=True) == "True 0 0"
    assert collections(90_000, is_busy=True) == "True 0 1"


GIVING = """
import sys
from pathlib import Path
from fakegpt_tui.ui.terminal.idle_gc import IdleCollector

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

collector = IdleCollector()
collector.collect(is_busy=True)
# More than Python's own small blocks, and less than what is mapped by itself.
much = [bytes(1_000) for _ in range(50_000)]
kept = much[::1_000]
before = megabytes()
del much
freed = before - megabytes()
collector.collect(is_busy=False)
print(freed < 25 < before - megabytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give it back by themselves")
def test_what_was_needed_for_work_is_given_back_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVING], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "True"
