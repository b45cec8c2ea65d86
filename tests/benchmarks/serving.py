"""What the host costs for a chunk, a reply and an open stream, beside a bare forwarder: B32–B36.

The forwarder is an application under uvicorn, which hands on unread what its upstream says.
`python -m tests.load` has what takes longer.
"""

from collections.abc import Iterator

from fakegpt_tui.domain import TextDelta
from fakegpt_tui.domain.services import new_id, now
from fakegpt_tui.protocol import fakegpt
from tests.benchmarks.rows import Row
from tests.host.calls import prompt_body
from tests.load import measures

_STREAMS = 200


def measure(repeats: int) -> Iterator[Row]:
    """The forwarder and the host in both dialects, again and again."""
    names = ("floor", "openai", "fakegpt")
    turns = range(max(1, repeats // 2))
    steady = [
        {name: measures.run(name, measures.steady, _STREAMS) for name in names} for _ in turns
    ]
    floor = [1e6 * each["floor"].cpu_per_chunk for each in steady]
    for budget, name, limit in (("B32", "openai", 1.6), ("B33", "fakegpt", 2.6)):
        yield Row(
            budget=budget,
            what=f"CPU to forward a chunk, {name}",
            values=[1e6 * each[name].cpu_per_chunk for each in steady],
            limit=limit,
            unit="µs",
            floor=floor,
            floor_name="forwarder",
        )
    yield Row(
        budget="B34",
        what="bytes of a reply, fakegpt",
        values=[each["fakegpt"].bytes_per_stream / 1000 for each in steady],
        limit=0.25,
        unit="kB",
        floor=[_bytes_one_by_one() / 1000],
        floor_name="an event a chunk",
    )
    yield Row(
        budget="B35",
        what="CPU of a reply of five words, openai",
        values=[1000 * measures.run("openai", measures.starts, 100, 10) for _ in turns],
        limit=2.0,
        unit="ms",
        floor=[1000 * measures.run("floor", measures.starts, 100, 10) for _ in turns],
        floor_name="forwarder",
    )
    yield Row(
        budget="B36",
        what="memory of an open stream, openai",
        values=[measures.run("openai", measures.memory, 1_000) / 1000 for _ in turns],
        limit=60,
        unit="kB",
    )


def _bytes_one_by_one() -> int:
    """Bytes of a reply of which each chunk is an event, which has all of the text so far."""
    asked = fakegpt.read_conversation_request(prompt_body())
    encoder = fakegpt.StreamEncoder(
        asked, conversation_id=new_id(), reply_id=new_id(), created_at=now()
    )
    words = [TextDelta("x" * measures.STEADY.size)] * measures.STEADY.chunks
    return sum(len(part) for word in words for part in encoder.encode(word))
