"""Long conversations: B9 and B10."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, new_id, now
from tests.benchmarks.program import home, running
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.texts import SHAPES
from tests.benchmarks.watched import Watched
from tests.cli.program import Home

_PAGES = 30
LONG = 5_000
_SHORT = 10


def measure(repeats: int) -> Iterator[Row]:
    """Open a long conversation and a short one in turns, and page up through the long one."""
    longs: list[float] = []
    shorts: list[float] = []
    pages: list[float] = []
    with home() as made:
        fill(made, {"LASTONE": _SHORT, "LASTTWO": LONG, "LASTTHREE": _SHORT})
        for _ in range(repeats):
            with running(made) as terminal:
                # What is read first has to import what reads it.
                opened(terminal, 1, "LASTONE")
                longs.append(opened(terminal, 2, "LASTTWO"))
                pages.append(p95(_paged(terminal)))
                shorts.append(opened(terminal, 3, "LASTTHREE"))
    yield Row(
        budget="B9",
        what="opening 5,000 messages, to the last one",
        values=longs,
        floor=shorts,
        floor_name="10 messages",
        limit=1.5,
        unit="ms",
    )
    yield Row(budget="B10", what="a page up, unseen, p95", values=pages, limit=25, unit="ms")


def fill(made: Home, lengths: dict[str, int]) -> None:
    """Put conversations into the store, the first one used last, each ending in its name."""
    with made.store() as store:
        for number, (name, count) in enumerate(lengths.items()):
            at = now() - timedelta(minutes=number)
            conversation = Conversation(
                id=new_id(),
                title=name.lower(),
                service="embedded",
                model="",
                created_at=at,
                updated_at=at,
            )
            messages = list(_path(conversation, count, name))
            store.add_turn(conversation)
            for prompt, reply in zip(messages[::2], messages[1::2], strict=True):
                header = replace(conversation, leaf_id=reply.id)
                done = store.add_turn(header, prompt, reply)
            done.result()


def _path(conversation: Conversation, count: int, name: str) -> Iterator[ChatMessage]:
    parent: str | None = None
    for number in range(count):
        is_reply = number % 2
        text = SHAPES["mixed"](1_900) if is_reply else f"Question {number}?"
        message = ChatMessage(
            id=new_id(),
            conversation_id=conversation.id,
            parent_id=parent,
            role=Role.ASSISTANT if is_reply else Role.USER,
            text=f"{text}\n\n{name}" if number == count - 1 else text,
            status=MessageStatus.COMPLETE,
            created_at=conversation.created_at,
        )
        parent = message.id
        yield message


def opened(terminal: Watched, number: int, marker: str) -> float:
    """Milliseconds from the key to the end of the conversation on the screen."""
    before, asked = len(terminal.output), time.monotonic()
    terminal.press(f"alt+{number}")
    seen = terminal.until_seen(marker.encode(), after=before)
    terminal.until_quiet()
    return 1000 * (seen - asked)


def _paged(terminal: Watched) -> list[float]:
    """Milliseconds from each key to the last byte of its page."""
    terminal.press("tab")
    terminal.until_quiet()
    times: list[float] = []
    for _ in range(_PAGES):
        before, asked = len(terminal.output), time.monotonic()
        terminal.press("pageup")
        times.append(1000 * (terminal.until_paused(before) - asked))
    # Where somebody reads is remembered, and the next opening is to be at the end again.
    terminal.press("end")
    terminal.until_quiet()
    return times
