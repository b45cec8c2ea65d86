"""Scenes: screens of the program with fixed content, at a fixed time, for pictures and tests.

`dialog_scenes.py` has dialogs that need no program to open them.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

from fakegpt_tui.backends.scripted import Gate, Pause, Step
from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    MessageStatus,
    RequestRefused,
    Role,
    SearchHit,
    Service,
    ServiceKind,
    TextDelta,
)
from fakegpt_tui.ui.messages import ShowNotice
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.themes import theme_names
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running

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


class _SearchedStore(MemoryStore):
    """Finds the same whatever is searched."""

    def search(self, *_: object, **_options: object) -> list[SearchHit]:
        snippet = "# How it works A heading, a link, code, and a list"
        mark = snippet.index("heading")
        return [
            SearchHit(
                conversation_id="shown",
                title="How does it work?",
                message_id="m1",
                snippet=snippet,
                marks=((mark, mark + len("heading")),),
                created_at=NOW,
            ),
            SearchHit(
                conversation_id="same",
                title="Trip to Norway in winter",
                message_id=None,
                snippet="",
                created_at=NOW,
            ),
        ]


def _store() -> MemoryStore:
    """A few conversations, the first of which has a prompt, a reply and one that failed."""
    store = _SearchedStore()
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


async def _commands(it: Running) -> None:
    await it.pilot.press("ctrl+p")
    await it.see("/queue")


async def _completion(it: Running) -> None:
    await it.pilot.press(*"/sa")
    await it.see("/save clean")


async def _palette(it: Running) -> None:
    await it.pilot.press("ctrl+p")
    await it.see("/queue")
    await it.pilot.press("s", "a")
    await it.until(lambda: "/save as" in it.text and "/queue" not in it.text)


async def _services(it: Running) -> None:
    await it.pilot.press("f6")
    await it.until(lambda: it.text.count("Scripted") == 2)


async def _form(it: Running) -> None:
    await it.pilot.press("f6", "f4")
    await it.see("F5 test")


async def _settings(it: Running) -> None:
    await it.pilot.press("f10")
    await it.see("Changes at once.")


async def _help(it: Running) -> None:
    await it.pilot.press("f1")
    await it.see("Send the prompt · prompt.send")


async def _search(it: Running) -> None:
    await it.pilot.press("ctrl+o")
    await it.see("in:title")
    await it.pilot.press(*"heading")
    await it.see("A heading, a link")


async def _generation(it: Running) -> None:
    await it.pilot.press("alt+g")
    await it.see("lower is steadier")


async def _conversation_shown(it: Running) -> None:
    await it.pilot.press("tab", "enter")
    await it.until(lambda: len(it.path) == 4)
    await it.see("asks again")


async def _transcript(it: Running) -> None:
    await it.pilot.press("tab", "g")
    await it.see("Thought for")


async def _list(it: Running) -> None:
    await it.pilot.press("alt+l", "down")
    await it.see("Rename")


async def _side_by_side(it: Running) -> None:
    await it.pilot.press("ctrl+n", *"two", "alt+s")
    await it.see("Marked (1 of 4)")
    await it.until(lambda: bool(it.chat.services.known_models("other")))
    await it.pilot.press(*"other", "enter")
    await it.see("Marked (2 of 4)")
    await it.pilot.press("ctrl+s")
    await it.until(lambda: it.text.count("complete, ≈") >= 2)
    await it.see("esc close")


async def _error(it: Running) -> None:
    await it.pilot.press("ctrl+n")
    await it.ask("fail")
    await it.see("asks again")
    it.app.screen.post_message(ShowNotice(_LONG_NOTICE))
    await it.see("end.")


async def _streaming(it: Running) -> None:
    it.app.screen.query_one(StatusBar).clear_notice()
    await it.pilot.press("ctrl+n")
    await it.ask("stream")
    await it.see("Words **a")
    await it.until(lambda: "≈ 9 tokens" in it.header and it.text.count("streaming ~") == 2)


_LONG_NOTICE = f"A notice that is long{', and goes on' * 12}; but that is the end."

SCENES: dict[str, tuple[Callable[[Running], Awaitable[None]], tuple[str, ...]]] = {
    "first-page": (_first_page, ()),
    "commands": (_commands, ("escape",)),
    "completion": (_completion, ("escape", "ctrl+c")),
    "palette": (_palette, ("escape",)),
    "services": (_services, ("escape",)),
    "form": (_form, ("escape", "escape")),
    "settings": (_settings, ("escape",)),
    "help": (_help, ("escape",)),
    "search": (_search, ("escape",)),
    "generation": (_generation, ("escape",)),
    "conversation": (_conversation_shown, ()),
    "transcript": (_transcript, ("escape",)),
    "list": (_list, ("escape",)),
    "side-by-side": (_side_by_side, ("escape",)),
    "error": (_error, ()),
    "streaming": (_streaming, ()),
}
"""What is done in each scene, one after the other in one run, and the keys that leave it."""


def _script() -> list[list[Step]]:
    """The replies of the scenes, in their order."""
    gate = Gate()
    failure = RequestRefused("The service at example.org has no room for this. Try another model.")
    # Long enough for its time to be shown, also on a fast machine.
    asked = [[Pause(0.06), *reply("Both say the same.")]] * 2
    return [*asked, [failure], [TextDelta("# Title\n\nWords **a"), gate]]


@asynccontextmanager
async def start(size: tuple[int, int], theme: str) -> AsyncIterator[Running]:
    """The program that all scenes are played in."""
    name = theme.removeprefix("fakegpt-")
    flags = {"config": os.devnull, "data_dir": "/home/person/chats", "theme": name}
    settings = SettingsStore(
        load_settings(flags, {}),
        themes=theme_names,
        choices=LastChoices(Path("/nowhere/last-choices.json")),
    )
    other = Service(name="other", kind=ServiceKind.OPENAI, url="http://127.0.0.1:9")
    options = {"clock": lambda: NOW, "theme": theme, "settings": settings}
    with pytest.MonkeyPatch.context() as environment:
        # As in a terminal with all colours, whatever this runs in.
        environment.setenv("COLORTERM", "truecolor")
        environment.delenv("NO_COLOR", raising=False)
        for field in (Input, TextArea):
            environment.setattr(field.cursor_blink, "_default", False)
        async with running(
            *_script(), store=_store(), size=size, services=(other,), **options
        ) as it:
            yield it


async def play(it: Running) -> AsyncIterator[str]:
    """Each scene by its name, while it is on the screen."""
    for name, (act, leave) in SCENES.items():
        await act(it)
        await it.pilot.pause()
        yield name
        for key in leave:
            await it.pilot.press(key)
        if leave:
            await it.until(lambda: isinstance(it.app.screen, ChatScreen))
