"""A host under many streams at once: `python -m tests.load [NAME …]` prints what each load costs.

The server has one core, its clients and their upstream the other. `steady` and `starts` are beside
a bare forwarder in the same run; `slow_end` opens as many streams as 90 % of the descriptors allow.
"""

import argparse
import json
import resource
import sys
from collections.abc import Callable, Iterator

from tests.benchmarks.rows import percentile
from tests.load import measures

Report = Iterator[tuple[str, dict[str, float]]]
_SHARE = 0.9


def steady(streams: int) -> Report:
    """20 chunks a second in each stream."""
    for name in ("floor", "openai", "fakegpt"):
        found = measures.run(name, measures.steady, streams)
        delays = found.delays or [0.0]
        yield (
            name,
            {
                "us_per_chunk": found.cpu_per_chunk * 1e6,
                "bytes_per_stream": found.bytes_per_stream,
                "delay_p50_ms": 1000 * percentile(delays, 50),
                "delay_p99_ms": 1000 * percentile(delays, 99),
                "core": found.core,
                "whole": float(found.whole),
            },
        )


def starts(_: int) -> Report:
    """Replies of five words to 100 clients, again and again."""
    for name in ("floor", "openai", "fakegpt"):
        yield name, {"ms_per_start": 1000 * measures.run(name, measures.starts, 100, 20)}


def slow_end(_: int) -> Report:
    """A word every ten seconds in as many streams as there may be."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    count = min(int(most * _SHARE) // 2 - 50, 10_000)
    yield "openai", measures.run("openai", measures.slow_end, count, 80.0)


def storm(_: int) -> Report:
    """5,000 connections in 5 seconds."""
    yield "openai", measures.run("openai", measures.storm, 5_000, 5.0)


def slow_readers(streams: int) -> Report:
    """A fifth of the clients reads nothing."""
    yield "openai", measures.run("openai", measures.slow_readers, streams)


def shared(streams: int) -> Report:
    """20 chunks a second in each stream, and replies of five words, with an engine behind."""
    for name in ("openai", "fakegpt"):
        yield name, measures.run_shared(name, streams)


def soak(streams: int) -> Report:
    """Ten minutes of clients that come, stay or leave."""
    for name in ("openai", "fakegpt"):
        yield name, measures.run(name, measures.soak, streams // 5, 600.0)


LOADS: dict[str, Callable[[int], Report]] = {
    each.__name__: each for each in (steady, starts, slow_end, storm, slow_readers, shared, soak)
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(LOADS))
    parser.add_argument("--streams", type=int, default=300)
    options = parser.parse_args(arguments)
    for name in options.names or LOADS:
        for about, numbers in LOADS[name](options.streams):
            rounded = {key: round(value, 2) for key, value in numbers.items()}
            sys.stdout.write(f"{name} {about} {json.dumps(rounded)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
