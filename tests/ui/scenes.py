"""Scenes: screens of the program with fixed content, at a fixed time, for pictures and tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from tests.stubs import MemoryStore
from tests.ui.running import Running, running

NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
_REPLY = """# How it works

A **heading**, a [link](https://example.org), `code`, and a list:

- first, with *emphasis*
- second

```python
def area(radius: float) -> float:
    return 3.14159 * radius**2  # roughly
```

| shape | sides |
|---|---|
| square | 4 |

> Said by someone.
"""


def _conversation(name: str, title: str, **ago: float) -> Conversation:
    time = NOW - timedelta(**ago)
    return Conversation(
        id=name, title=title, service="scripted", model="scripted-1", created_at=time,
        updated_at=time,
    )  # fmt: skip


def _store() -> MemoryStore:
    """A few conversations, the first of which has a prompt, a reply and one that failed."""
    store = MemoryStore()
    shown = _conversation("shown", "How does it work?", minutes=5)
    messages: list[ChatMessage] = []

    def add(role: Role, text: str, **changes: object) -> None:
        plain = ChatMessage(
            id=f"m{len(messages)}",
            conversation_id=shown.id,
            parent_id=messages[-1].id if messages else None,
            role=role,
            text=text,
            status=MessageStatus.COMPLETE,
            created_at=NOW - timedelta(minutes=10 - len(messages)),
        )
        messages.append(replace(plain, **changes))

    add(Role.USER, "How does it work?")
    add(
        Role.ASSISTANT,
        _REPLY,
        service="scripted",
        model="scripted-1",
        reasoning="Let me think.",
        thought_for=timedelta(seconds=6),
        ended_after=timedelta(seconds=14),
    )
    add(Role.USER, "And then?")
    add(
        Role.ASSISTANT,
        "",
        service="scripted",
        model="scripted-1",
        status=MessageStatus.FAILED,
        error="The service refused the connection.",
    )
    store.add_turn(replace(shown, leaf_id=messages[-1].id), *messages)
    for each in (
        replace(_conversation("unread", "Trip to Norway in winter", hours=3), unread=True),
        _conversation("same", "Trip to Norway in winter", days=3),
        replace(_conversation("kept", "Recipes", days=40), pinned=True),
        _conversation("old", "An old question", days=100),
    ):
        store.add_turn(each)
    return store


async def _first_page(it: Running) -> None:
    await it.see("Connect a service")


async def _conversation_shown(it: Running) -> None:
    await it.until(lambda: len(it.path) == 4)


async def _transcript(it: Running) -> None:
    await it.see("The service")
    await it.pilot.press("tab", "g")
    await it.see("Thought for")


async def _list(it: Running) -> None:
    await it.see("The service")
    await it.pilot.press("alt+l", "down")


async def _palette(it: Running) -> None:
    await it.pilot.press("ctrl+p")
    await it.see("Commands")
    await it.pilot.press("s", "a")
    await it.see("/save")


async def _services(it: Running) -> None:
    await it.pilot.press("f6")
    await it.see("Services and models")
    await it.see("Scripted")


SCENES: dict[str, tuple[Callable[[Running], Awaitable[None]], str | None]] = {
    "first-page": (_first_page, None),
    "conversation": (_conversation_shown, "shown"),
    "transcript": (_transcript, "shown"),
    "list": (_list, "shown"),
    "palette": (_palette, "shown"),
    "services": (_services, "shown"),
}
"""What is done in each scene, and which conversation is open."""


@asynccontextmanager
async def scene(name: str, size: tuple[int, int], theme: str) -> AsyncIterator[Running]:
    act, resume = SCENES[name]
    options = {"clock": lambda: NOW, "theme": theme, "resume": resume}
    async with running(store=_store(), size=size, **options) as it:
        await act(it)
        await it.pilot.pause()
        yield it
