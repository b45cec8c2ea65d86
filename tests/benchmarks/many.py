"""Two hundred replies at once, through client, service and store: B18.

There is no screen. What is measured is how late the event loop is for something that is due every
few milliseconds, and every reply must be in the store as the host sent it.
"""

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import aclosing

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.cli.composition import open_chat, open_store
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.domain import MessageStatus
from tests.benchmarks.program import home, hosted
from tests.benchmarks.rows import Row, percentile
from tests.benchmarks.texts import tokens
from tests.cli.program import Home

_REPLIES = 200
_SIZE = 300
_RATE = 20
_DUE = 0.01
_TEXT = "".join(tokens("prose", _SIZE))


def measure(repeats: int) -> Iterator[Row]:
    """Take all replies at once, again and again."""
    lags: list[float] = []
    with hosted() as url:
        for _ in range(repeats):
            with home(url) as made:
                lags.append(1000 * asyncio.run(_lag(made)))
    yield Row(
        budget="B18", what="200 replies at once: the loop, p99", values=lags, limit=100, unit="ms"
    )


async def _lag(made: Home) -> float:
    """Seconds by which the loop is late, at the 99th percentile, while all replies stream."""
    settings = load_settings({"data_dir": str(made.data), "config": str(made.config)}, {})
    with open_store(settings) as store:
        async with open_chat(settings, lambda: store) as chat:
            chat.turns.set_limit(_REPLIES)
            await chat.conversations.load()
            await chat.services.sign_in(settings.chosen_service.name)
            gc.collect()
            lags: list[float] = []
            watch = asyncio.create_task(_watch(lags))
            async with asyncio.TaskGroup() as taking:
                for _ in range(_REPLIES):
                    taking.create_task(_take(chat))
            watch.cancel()
            return percentile(lags, 99)


async def _watch(lags: list[float]) -> None:
    while True:
        due = time.monotonic() + _DUE
        await asyncio.sleep(_DUE)
        lags.append(time.monotonic() - due)


async def _take(chat: ChatService) -> None:
    turn = chat.turns.new(chat.conversations.create(), f"prose {_SIZE} {_RATE}")
    async with turn, aclosing(turn.events()) as events:
        async for _ in events:
            pass
    chat.turns.end(turn)
    *_, reply = chat.messages.path(turn.conversation.id)
    assert reply.status is MessageStatus.COMPLETE, reply.error
    # Between the times at which it began and ended, see `host`.
    assert reply.text[reply.text.index("\n\n") + 2 : reply.text.rindex("\n\n")] == _TEXT
