"""What it costs to take a reply in small pieces, in each protocol of APIs (budget B14).

    python -m tests.benchmarks.protocols

A 50 KB reply comes in 10,000 events of five characters each, over loopback from a process of its
own. What is compared is the CPU time of taking it with the backend, and of reading the same bytes
with httpx and throwing them away.
"""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, replace

import httpx

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.domain import GenerationSettings, TextDelta
from tests import anthropic_server as anthropic
from tests import responses_server as responses
from tests.benchmarks.raw_server import serving
from tests.benchmarks.rows import Row
from tests.benchmarks.taking import ALPHABETS, BUDGET, CHARACTERS, STEP, cpu_seconds, reply_text
from tests.fault_server import LAST_CHUNK, chunk, stream_head
from tests.signed_in import ASK

ROUNDS = 5
ASKED = replace(ASK, generation=GenerationSettings(max_tokens=32_000))
"""With a limit, so that no list of models is asked for."""

_ALPHABET = ALPHABETS["code and quotes"]


@dataclass(frozen=True)
class Spoken:
    """A protocol: its path, what a reply begins and ends with, a piece of it, and its backend."""

    path: str
    begin: bytes
    say: Callable[[str], bytes]
    end: bytes
    make: Callable[[str], Backend]


PROTOCOLS = {
    "Responses": Spoken(
        responses.RESPONSES,
        responses.created() + responses.opens(),
        responses.says,
        responses.said(reply_text(_ALPHABET)) + responses.completed(),
        lambda url: responses.backend_for(responses.service(url)),
    ),
    "Messages": Spoken(
        anthropic.MESSAGES,
        anthropic.begins() + anthropic.starts(),
        anthropic.says,
        anthropic.stops() + anthropic.ends(),
        lambda url: anthropic.backend_for(anthropic.service(url)),
    ),
}


def _answer(client: socket.socket, name: str) -> None:
    """Send the reply, each event a chunk of its own."""
    spoken, text = PROTOCOLS[name], reply_text(_ALPHABET)
    before, after = spoken.say("\0").split(json.dumps("\0")[1:-1].encode())
    client.sendall(stream_head() + chunk(spoken.begin))
    for start in range(0, CHARACTERS, STEP):
        piece = json.dumps(text[start : start + STEP])[1:-1].encode()
        client.sendall(chunk(before + piece + after))
    client.sendall(chunk(spoken.end) + LAST_CHUNK)
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def served(name: str) -> AbstractContextManager[str]:
    return serving(_answer, name)


async def thrown_away(url: str, name: str) -> None:
    async with (
        httpx.AsyncClient(timeout=None, trust_env=False) as client,
        client.stream("POST", f"{url}{PROTOCOLS[name].path}", json={}) as response,
    ):
        async for _ in response.aiter_raw():
            pass


async def taken(made: Backend) -> None:
    """Take the reply, and check it."""
    async with aclosing(made.stream(ASKED)) as events:
        pieces = [each.text async for each in events if isinstance(each, TextDelta)]
    assert "".join(pieces) == reply_text(_ALPHABET)


def measure(repeats: int) -> Iterator[Row]:
    """A reply in 10,000 small events, taken, and its bytes read and thrown away."""
    for name, spoken in PROTOCOLS.items():
        with served(name) as url:
            made = spoken.make(url)
            asyncio.run(taken(made))
            floors, ours = [], []
            for _ in range(repeats):
                floors.append(cpu_seconds(lambda url=url, name=name: thrown_away(url, name)))
                ours.append(cpu_seconds(lambda made=made: taken(made)))
        yield Row(
            budget="B14",
            what=f"CPU to take a reply of {name} in small events",
            values=ours,
            floor=floors,
            floor_name="httpx",
            limit=BUDGET,
            unit="s",
        )


if __name__ == "__main__":
    for row in measure(ROUNDS):
        print(row.line())  # noqa: T201 - what it is for
