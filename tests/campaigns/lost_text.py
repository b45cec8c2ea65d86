"""Kills the program in its terminal while replies stream, and tells how much text was lost.

`python -m tests.campaigns.lost_text [--rounds N] [--load N] [--seed S]` kills two replies a round
and exits with 1 where the store has lost more than it may. `--load` keeps so many processes running
on two processors meanwhile, those of others counted, and adds its own where they are fewer. A
service stamps each piece with the moment at which it was sent, so that what is lost is
known in seconds: those between the kill and the first piece that is not in the store.
"""

import argparse
import multiprocessing
import os
import random
import signal
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from fakegpt_tui.domain import Role
from tests.benchmarks.program import home
from tests.benchmarks.rows import percentile
from tests.benchmarks.small_events import served
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND, Home

MOST_OF_ALL = 0.4
MOST_OF_P99 = 0.25
_RATE = 50.0
_PIECES = 100_000
_REPLIES = 2
_LONGEST = 1.5
_BALANCE_SECONDS = 1.0
_LOAD = Path("/proc/loadavg")


def lost_text(url: str, chance: random.Random) -> list[float]:
    """Seconds of text that a kill took from each reply of one run of the program."""
    with home() as made:
        made.configure(
            f'service = "fake"\n[services.fake]\nkind = "openai"\nmodel = "m"\nurl = "{url}/v1"\n'
        )
        with Watched(list(COMMAND), env=made.environment) as terminal:
            terminal.until_seen(b"answers, at")
            for number in range(_REPLIES):
                before = len(terminal.output)
                if number:
                    terminal.press("ctrl+n")
                    terminal.until_seen(b"A new conversation", after=before)
                terminal.paste("stamps, please")
                terminal.press("enter")
                # A stamp has more digits than anything else on the screen.
                terminal.until(lambda before=before: _stamped(terminal.output[before:]))
            # Not a wait for anything: the moment itself is what is tried.
            time.sleep(chance.uniform(0, _LONGEST))
            os.kill(terminal.process.pid, signal.SIGKILL)
            killed_at = time.monotonic_ns()
            terminal.process.wait()
        return [_lost(stored, killed_at) for stored in _stored(made)]


def _stamped(output: bytearray) -> bool:
    return any(part.isdigit() and len(part) > 11 for part in bytes(output).split())


def _stored(made: Home) -> Iterator[list[int]]:
    with made.store() as store:
        for conversation in store.conversations():
            for message in store.messages(conversation.id):
                if message.role is Role.ASSISTANT:
                    yield [int(stamp) for stamp in message.text.split()]


def _lost(stamps: Sequence[int], killed_at: int) -> float:
    if not stamps:
        return 0.0  # It was killed before the first piece was due.
    return max(0.0, (killed_at - stamps[-1]) / 1e9 - 1 / _RATE)


@contextmanager
def busy(load: int) -> Iterator[list[int]]:
    """Keep the processors as busy as `load` processes for every two of them would.

    Yields a list that is told once a second how many processes ran, those of others included.
    """
    wanted = load * max(1, (os.cpu_count() or 2) // 2)
    context = multiprocessing.get_context("spawn")
    spinning = [context.Process(target=_spin, daemon=True) for _ in range(wanted)]
    for each in spinning:
        each.start()
    seen: list[int] = []
    is_over = Event()
    balancing = Thread(target=_balance, args=([each.pid for each in spinning], seen, is_over))
    balancing.start()
    try:
        yield seen
    finally:
        is_over.set()
        balancing.join()
        for each in spinning:
            each.kill()
            each.join()


def _balance(spinning: Sequence[int | None], seen: list[int], is_over: Event) -> None:
    """Let so many of the processes spin that as many run as there are of them."""
    running = len(spinning)
    while not is_over.wait(_BALANCE_SECONDS):
        # The fourth field of it: how many run or could run at this moment, and of how many.
        seen.append(int(_LOAD.read_text().split()[3].partition("/")[0]))
        needed = len(spinning) - (seen[-1] - running)
        running = max(0, min(len(spinning), needed))
        for number, pid in enumerate(spinning):
            if pid is not None:
                os.kill(pid, signal.SIGCONT if number < running else signal.SIGSTOP)


def _spin() -> None:
    while True:
        sum(range(10_000))


def run(rounds: int, load: int, seed: int, *, told: list[int] | None = None) -> list[float]:
    """Seconds of lost text, one figure for each reply; `told` takes how many processes ran."""
    chance = random.Random(seed)
    with served(_RATE, _PIECES) as url, busy(load) as seen:
        lost = [each for _ in range(rounds) for each in lost_text(url, chance)]
        if told is not None:
            told += seen
        return lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=250)
    parser.add_argument("--load", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    ran: list[int] = []
    lost = run(chosen.rounds, chosen.load, chosen.seed, told=ran)
    p50, p99 = percentile(lost, 50), percentile(lost, 99)
    sys.stdout.write(
        f"{len(lost)} replies cut while {statistics.median(ran or [0]):.0f} processes ran:"
        f" text lost p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms,"
        f" most {max(lost) * 1000:.0f} ms\n"
    )
    return 0 if p99 <= MOST_OF_P99 and max(lost) <= MOST_OF_ALL else 1


if __name__ == "__main__":
    sys.exit(main())
