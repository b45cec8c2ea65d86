"""Conversations that another instance deletes while they are shown here."""

import threading
from datetime import UTC, datetime

import pytest

from fakegpt_tui.domain import ChatMessage, Preset, SearchHit
from tests.chat.fake_chat import long_conversation
from tests.patience import PATIENCE
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running

PRESETS = {"short": Preset("short", "Be short.")}


class SlowStore(MemoryStore):
    """Reads the messages of a conversation in a thread when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = threading.Event()
        self.is_let = threading.Event()

    def messages(self, conversation_id: str) -> list[ChatMessage]:
        if threading.current_thread() is not threading.main_thread():
            self.reads.set()
            self.is_let.wait(PATIENCE)
        return super().messages(conversation_id)


async def delete_elsewhere(it: Running) -> None:
    for conversation in it.store.conversations():
        it.store.delete_conversation(conversation.id)
    it.store.is_changed = True
    await it.chat.refresh()


async def asked(it: Running) -> None:
    await it.ask("prompt")
    await it.see("one reply")
    await it.until(lambda: not it.chat.active_turns.all())


async def test_a_conversation_that_goes_while_it_is_read_is_told_and_leaves_the_list() -> None:
    store = SlowStore()
    long_conversation(store, 900)
    async with running(store=store) as it:
        await it.pilot.press("alt+1")
        await it.see("text 899")
        await it.until(store.reads.is_set)
        await delete_elsewhere(it)
        store.is_let.set()
        await it.see("is gone: it was deleted elsewhere")
        await it.until(lambda: not it.list.rows)
        assert "text 899" not in it.text


async def test_a_result_of_a_search_that_is_gone_is_told() -> None:
    store = MemoryStore()
    async with running(reply("one reply"), store=store) as it:
        await asked(it)
        (conversation,) = store.conversations()
        message = store.path(conversation.id)[-1]
        store.hits = [
            SearchHit(
                conversation_id=conversation.id,
                message_id=message.id,
                title="prompt",
                snippet="one reply",
                marks=((0, 3),),
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        ]
        await it.pilot.press("ctrl+n", "ctrl+o", *"one")
        await it.see("2026-01-01")
        await delete_elsewhere(it)
        await it.pilot.press("enter")
        await it.see("There is no conversation")
        await it.until(lambda: not it.list.rows)


@pytest.mark.parametrize(
    ("slash", "title"),
    [("/rename", "Title"), ("/tree", "one reply"), ("/preset", "Presets")],
)
async def test_what_is_to_be_done_to_what_is_gone_is_told(slash: str, title: str) -> None:
    async with running(reply("one reply"), presets=PRESETS) as it:
        await asked(it)
        await it.command(slash)
        await it.see(title)
        await delete_elsewhere(it)
        await it.pilot.press("down", "enter")
        await it.see("is gone: it was deleted elsewhere")
        assert not it.list.rows


async def test_a_conversation_that_goes_while_it_is_open_gives_way_and_the_prompt_stays() -> None:
    async with running(reply("one reply")) as it:
        await asked(it)
        it.prompt.insert("half a thought")
        for conversation in it.store.conversations():
            it.store.delete_conversation(conversation.id)
        it.store.is_changed = True
        await it.see("is gone: it was deleted elsewhere")
        assert it.prompt.text == "half a thought"
        assert "one reply" not in it.text
