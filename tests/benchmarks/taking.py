"""What it costs to take a reply that arrives as all of its text, over and over (budget B14).

    python -m tests.benchmarks.taking

A 50 KB reply comes in 10,000 events of five characters more each, some 250 MB in all, over loopback
from a process of its own. What is compared is the CPU time of taking it with `FakeGptBackend`, and
of reading the same bytes with httpx and throwing them away.
"""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, aclosing

import httpx

from fakegpt_tui.domain import TextDelta, TextReplaced
from tests.benchmarks.raw_server import serving
from tests.benchmarks.rows import Row
from tests.fault_server import LAST_CHUNK, chunk, message_event, stream_head
from tests.signed_in import ASK, backend

CHARACTERS = 50_000
STEP = 5
ROUNDS = 5
BUDGET = 2.0
ALPHABETS = {
    "plain text": "The quick brown fox jumps over the lazy dog. ",
    "code and quotes": 'if x == "a\\n": print("b")\n\t',
    "escaped characters": "Füße über ähnlich 你好 ",
}


def reply_text(alphabet: str) -> str:
    return (alphabet * (CHARACTERS // len(alphabet) + 1))[:CHARACTERS]


def _answer(client: socket.socket, alphabet: str) -> None:
    """Send the reply, each event a chunk of its own."""
    text = reply_text(alphabet)
    before, after = message_event("\0").split(json.dumps("\0")[1:-1].encode())
    client.sendall(stream_head())
    escaped = b""
    for end in range(STEP, CHARACTERS + STEP, STEP):
        escaped += json.dumps(text[end - STEP : end])[1:-1].encode()
        client.sendall(chunk(before + escaped + after))
    client.sendall(
        chunk(message_event(text, status="finished_successfully"))
        + chunk(b"data: [DONE]\n\n")
        + LAST_CHUNK
    )
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def served(alphabet: str) -> AbstractContextManager[str]:
    return serving(_answer, alphabet)


async def thrown_away(url: str) -> None:
    async with (
        httpx.AsyncClient(timeout=None, trust_env=False) as client,
        client.stream("POST", f"{url}/api/conversation", json={}) as response,
    ):
        async for _ in response.aiter_raw():
            pass


async def taken(url: str, expected: str) -> int:
    """Take the reply, check it, and tell in how many pieces it came."""
    text, pieces = "", 0
    async with aclosing(backend(url).stream(ASK)) as events:
        async for event in events:
            match event:
                case TextDelta(added):
                    text += added
                    pieces += 1
                case TextReplaced(keep, added):
                    text = text[:keep] + added
                    pieces += 1
                case _:
                    pass
    assert text == expected
    return pieces


def cpu_seconds(work: Callable[[], Awaitable[object]]) -> float:
    started = time.process_time()
    asyncio.run(_waited(work))
    return time.process_time() - started


async def _waited(work: Callable[[], Awaitable[object]]) -> None:
    await work()


def measure(repeats: int) -> Iterator[Row]:
    """A reply in 10,000 cumulative events, taken, and its bytes read and thrown away."""
    for name, alphabet in ALPHABETS.items():
        expected = reply_text(alphabet)
        with served(alphabet) as url:
            asyncio.run(taken(url, expected))
            floors, ours = [], []
            for _ in range(repeats):
                floors.append(cpu_seconds(lambda url=url: thrown_away(url)))
                ours.append(cpu_seconds(lambda url=url, text=expected: taken(url, text)))
        yield Row(
            budget="B14",
            what=f"CPU to take a reply of {name}",
            values=ours,
            floor=floors,
            floor_name="httpx",
            limit=BUDGET,
            unit="s",
        )


if __name__ == "__main__":
    for row in measure(ROUNDS):
        print(row.line())  # noqa: T201 - what it is for
