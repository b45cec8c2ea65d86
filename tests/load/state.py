"""What one exchange with a shared state costs a host and the engine: `python -m tests.load.state`.

Processor time alone, so that other programs of the machine hardly change it.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import process_time

from fakegpt_tui.domain import FinishReason, MessageStatus
from fakegpt_tui.host.access_keys import KeyLimits
from fakegpt_tui.host.conversation_cache import CachedConversation
from fakegpt_tui.host.conversations import HostTurn
from fakegpt_tui.host.shared_state.connection import StateConnection
from fakegpt_tui.host.shared_state.conversations import RedisConversations
from fakegpt_tui.host.shared_state.leases import RedisLeases
from fakegpt_tui.host.shared_state.meter import RedisMeter
from fakegpt_tui.protocol.fakegpt import StoredMessage
from tests.host.shared_state.engine import running_engine
from tests.load.processes import Measured

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STREAMS, SAVES = 300, 20
LIMITS = KeyLimits(requests_per_minute=10**6, burst=10**6, tokens_per_minute=0, streams=0)


def turns() -> list[HostTurn]:
    """A first turn of each of many owners."""
    made = []
    for number in range(STREAMS):
        conversation = CachedConversation(
            conversation_id=f"c{number}", root_id="root", created_at=NOON
        )
        prompt = StoredMessage(
            id=f"p{number}", parent_id="root", role="user", text="Hi" * 50, created_at=NOON
        )
        reply = StoredMessage(
            id=f"r{number}",
            parent_id=prompt.id,
            role="assistant",
            text="",
            created_at=NOON,
            status=MessageStatus.STREAMING,
        )
        owner = (f"owner {number}", "")
        made.append(HostTurn(owner=owner, conversation=conversation, prompts=[prompt], reply=reply))
    return made


async def main() -> None:
    with running_engine() as engine:
        connection = StateConnection(engine.url, seconds=30)
        behind = Measured(engine.pid, ())

        async def measure(name: str, times: int, work: Callable[[], Awaitable[object]]) -> None:
            host, there = process_time(), behind.cpu()
            await work()
            figures = {
                "host_us": round((process_time() - host) / times * 1e6),
                "engine_us": round((behind.cpu() - there) / times * 1e6),
            }
            sys.stdout.write(f"{name} {json.dumps(figures)}\n")

        leases, meter = RedisLeases(connection), RedisMeter(connection)
        kept, started = RedisConversations(connection, leases), turns()

        async def save() -> None:
            for number in range(SAVES):
                text = "x" * 60 * (number + 1)
                done = 60 * number
                await asyncio.gather(*(kept.save_text(turn, text, done) for turn in started))

        async def end() -> None:
            ended = {"text": "x" * 1200, "status": MessageStatus.COMPLETE}
            for turn in started:
                reply = replace(turn.reply, finish=FinishReason.STOP, **ended)
                await kept.end(turn, reply, "", NOON)

        async def one_by_one(work: Callable[[HostTurn], Awaitable[object]]) -> None:
            for turn in started:
                await work(turn)

        await measure("begin", STREAMS, lambda: one_by_one(lambda turn: kept.begin(turn, NOON)))
        await measure("save", STREAMS * SAVES, save)
        await measure("renew", STREAMS, leases.renew)
        await measure("end", STREAMS, end)
        await measure(
            "find", STREAMS, lambda: one_by_one(lambda t: kept.find(t.owner, t.conversation.id))
        )
        await measure(
            "take", STREAMS, lambda: one_by_one(lambda t: meter.take(t.owner[0], LIMITS, 9))
        )
        size = int(engine.ask("INFO", "memory").decode().split("used_memory:")[1].split()[0])
        sys.stdout.write(f"engine_bytes_per_conversation {size // STREAMS}\n")
        leases.close()
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
