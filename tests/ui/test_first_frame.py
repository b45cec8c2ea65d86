"""The first frame waits for no store, and holds what was typed before it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from textual.events import Focus, Key, Load
from textual.message import Message
from textual.pilot import Pilot

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import Conversation
from fakegpt_tui.ui.app import FakeGPTApp
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from tests.patience import PATIENCE
from tests.stubs import SERVICE, MemoryStore, connecting
from tests.ui.fake_service_repository import FakeServiceRepository
from tests.ui.running import reply
from tests.ui.test_conversation_rows import conversation

TYPED = "abc"


class SlowStore(MemoryStore):
    """Can be read once it is `readable`."""

    def __init__(self) -> None:
        super().__init__()
        self.readable = Event()

    def conversations(self) -> Sequence[Conversation]:
        assert self.readable.wait(PATIENCE)
        return super().conversations()


def app_over(
    store: MemoryStore, backend: ScriptedBackend | None = None, **options: object
) -> FakeGPTApp:
    known = {SERVICE.name: SERVICE}
    connect = connecting(backend or ScriptedBackend())
    chat = ChatService(lambda: store, known, connect, service=SERVICE.name)
    registry = FakeServiceRepository(known)
    return FakeGPTApp(
        chat, Options(exports=Path("/nowhere"), services=lambda: registry, warm_up=False, **options)
    )


async def begin_typing(pilot: Pilot[None], *keys: str) -> None:
    """Press keys before anything is read, and wait until none of them is on its way."""
    await pilot.press(*keys)
    await pilot.pause()


async def test_no_key_goes_to_another_widget_before_the_prompt_has_the_focus() -> None:
    app = app_over(MemoryStore())
    focused: list[Message] = []
    async with app.run_test(message_hook=focused.append) as pilot:
        await pilot.pause()
        assert isinstance(app.focused, PromptInput)
    assert sum(isinstance(message, Focus) for message in focused) == 1


async def test_what_is_typed_before_the_first_frame_stands_in_the_prompt() -> None:
    app = app_over(MemoryStore())

    def type_early(message: Message) -> None:
        if isinstance(message, Load):
            for letter in TYPED:
                app.post_message(Key(letter, letter))

    async with app.run_test(message_hook=type_early) as pilot:
        await pilot.pause()
        assert app.screen.query_one(PromptInput).text == TYPED


async def test_what_is_typed_before_the_store_is_open_is_saved_then() -> None:
    store = SlowStore()
    app = app_over(store)
    async with app.run_test() as pilot:
        await pilot.press(*TYPED)
        assert app.screen.query_one(PromptInput).text == TYPED
        assert not store.drafts()
        store.readable.set()
        async with asyncio.timeout(PATIENCE):
            while [draft.text for draft in store.drafts().values()] != [TYPED]:
                await pilot.pause(0.01)


async def test_commands_wait_for_the_store_and_what_is_typed_behind_them_too() -> None:
    store = SlowStore()
    for age, name in enumerate(("first", "second", "third")):
        store.add_turn(conversation(name, days=age, leaf_id=None))
    app = app_over(store, ScriptedBackend(reply("a reply")), resume="third")
    async with app.run_test() as pilot:
        prompt, rows = app.screen.query_one(PromptInput), app.screen.query_one(ConversationList)
        await begin_typing(pilot, "c", "left", "b", "enter")
        await begin_typing(pilot, *"xy", "left", "-", "alt+2", *"d", "enter", "up", "!")
        assert prompt.text == "bc"
        store.readable.set()
        async with asyncio.timeout(PATIENCE):
            while prompt.text != "d!":
                await pilot.pause(0.01)
        # What was sent to the third one has made it the first.
        assert rows.current == "first"
    assert [each.text for each in store.messages("third")] == ["bc", "a reply"]
    assert [each.text for each in store.messages("first")][:1] == ["d"]
    assert [each.text for each in store.drafts().values()] == ["x-y", "d!"]
