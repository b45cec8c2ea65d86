"""A store as it is after years, with 10,000 conversations and 1,000,000 messages: B2 and B15.

`python -m tests.benchmarks.store` prints more of it. Making the store takes a minute; where the
environment names one in BIG_STORE (a folder, to be kept), it is made there once.
"""

import os
import random
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from fakegpt_tui.domain import MessageStatus, SearchQuery
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.benchmarks.big_store import make, vocabulary
from tests.benchmarks.program import floor, home
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.starting import echo
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND
from tests.store.tree import TIME, conversation, turn

PAGE = 50
_CONVERSATIONS = 10_000
_IN_EACH = 100
_DELAYS = (0.001, 0.005, 0.02, 0.1)


def measure(repeats: int) -> Iterator[Row]:
    """Start over the big store and over none in turns, search while typing, stop what is slow."""
    starts: list[float] = []
    floors: list[float] = []
    with big_store() as path:
        for _ in range(repeats):
            with floor() as terminal:
                floors.append(echo(terminal))
            with home() as made:
                made.environment["FAKEGPT_DATA_DIR"] = str(path.parent)
                with Watched(list(COMMAND), env=made.environment) as terminal:
                    starts.append(echo(terminal))
        with ConversationStore.open(path) as store:
            searches = [p95(list(searching(store))) * 1000 for _ in range(repeats)]
            stops = [max(stopping(store)) * 1000 for _ in range(repeats)]
    yield Row(
        budget="B2",
        what="start to the echo of a key, 1,000,000 messages",
        values=starts,
        floor=floors,
        floor_name="F0",
        limit=1.5,
        unit="s",
    )
    yield Row(budget="B15", what="search while typing, p95", values=searches, limit=60, unit="ms")
    yield Row(
        budget="B15", what="a search stops for the next, worst", values=stops, limit=50, unit="ms"
    )


@contextmanager
def big_store() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(os.environ.get("BIG_STORE", folder)) / "conversations.db"
        if not path.exists():
            make(path, _CONVERSATIONS, _IN_EACH)
        yield path


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def typed() -> Iterator[str]:
    """What stands in the search box after each key: common and rare words, one to three."""
    chance = random.Random(5)
    words = vocabulary()
    for number in range(30):
        ranks = [int(len(words) ** chance.random()) for _ in range(number % 3 + 1)]
        phrase = " ".join(words[rank] for rank in ranks)
        for length in range(1, len(phrase) + 1):
            yield phrase[:length]


def searching(store: ConversationStore, *, best_first: bool = False) -> Iterator[float]:
    for text in typed():
        query = SearchQuery(text=text)
        began = time.perf_counter()
        store.search(query, PAGE, best_first=best_first)
        yield time.perf_counter() - began


def stopping(store: ConversationStore) -> Iterator[float]:
    """How long searches that go through much of the index go on after a newer one has come."""
    common = vocabulary()[:3]
    never = TIME + timedelta(days=9999)
    for query in (
        SearchQuery(text=common[0], after=never),
        SearchQuery(text=" ".join(common), after=never),
        SearchQuery(text=common[0], model="nobody's"),
        SearchQuery(text="con", after=never),
    ):
        for delay in _DELAYS:
            yield _stopped(store, query, delay)


def _stopped(store: ConversationStore, query: SearchQuery, delay: float) -> float:
    ended: list[float] = []

    def search() -> None:
        store.search(query, PAGE, best_first=True)
        ended.append(time.perf_counter())

    thread = threading.Thread(target=search)
    thread.start()
    thread.join(delay)
    asked = time.perf_counter()
    store.search(SearchQuery(text="qqqq"), 1)
    thread.join()
    return max(0.0, ended[0] - asked)


def finishing(store: ConversationStore, count: int) -> Iterator[float]:
    words, chance = vocabulary(), random.Random(7)
    for _ in range(count):
        header, prompt, reply = turn(conversation())
        store.add_turn(header, prompt, reply).result()
        text = " ".join(chance.choices(words, k=300))
        ended = replace(reply, text=text, status=MessageStatus.COMPLETE)
        began = time.perf_counter()
        store.finish_reply(ended).result()
        yield time.perf_counter() - began


def tell(what: str, times: list[float]) -> None:
    middle, high, most = (
        1000 * each for each in (statistics.median(times), p95(times), max(times))
    )
    sys.stdout.write(
        f"{what:40} median {middle:8.2f} ms   p95 {high:8.2f} ms   max {most:8.2f} ms\n"
    )


def main() -> None:
    with big_store() as path:

        def start() -> None:
            with ConversationStore.open(path) as store:
                store.conversations()

        tell("open, list of conversations, close", [timed(start) for _ in range(10)])
        with ConversationStore.open(path) as store:
            known = random.Random(6).sample(store.conversations(), 50)
            tell("path of 100 messages", [timed(partial(store.path, one.id)) for one in known])
            tell("search while typing, newest first", list(searching(store)))
            tell("search, best first", list(searching(store, best_first=True)))
            tell("a search stops for the next after", list(stopping(store)))
            tell("finish a reply of 2 kB, durable", list(finishing(store, 300)))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(f"peak of memory {peak:.0f} MB, file {path.stat().st_size >> 20} MB\n")


if __name__ == "__main__":
    main()
