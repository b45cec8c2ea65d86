"""A host in a process of its own, whose replies are asked for by what the prompt says.

A prompt is `shape size rate`: so many characters of a shape, so many tokens a second (0 is as fast
as can be). A reply begins with the time of its first event and ends with that of its last, each
between two letters: S and E.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncGenerator

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import Model, ReplyEnded, StreamEvent, TextDelta
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.server import HostServer
from tests.benchmarks.texts import tokens

_MANY = ConnectionLimits(connections=256)
_ASKED = re.compile(r"^(?:User: )?(\w+) (\d+) ([\d.]+)$", re.MULTILINE)


class Typist:
    """Types what a prompt asks for."""

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        # A host that is given all of a conversation has it in one text, the prompt last.
        shape, size, rate = _ASKED.findall(request.messages[-1].text)[-1]
        yield TextDelta(f"S{time.monotonic_ns()}S\n\n")
        began = time.monotonic()
        for number, token in enumerate(tokens(shape, int(size))):
            yield TextDelta(token)
            if float(rate):
                wait = began + (number + 1) / float(rate) - time.monotonic()
                await asyncio.sleep(max(0.0, wait))
        yield TextDelta(f"\n\nE{time.monotonic_ns()}E")
        yield ReplyEnded()

    async def models(self) -> tuple[Model, ...]:
        return (Model("typist"),)

    async def aclose(self) -> None:
        """Nothing is held open."""


if __name__ == "__main__":
    with HostServer(Typist(), secret_path=False, limits=_MANY, gather_seconds=0.0) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        sys.stdin.read()
