"""A chat service over fakes, and what front ends do with its turns."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import Conversation, Preset, ReplyEnded, TextDelta
from tests.patience import PATIENCE
from tests.store.tree import chat_message, conversation
from tests.stubs import SERVICE, MemoryStore, connecting


def says(*texts: str) -> list[Step]:
    """A reply that is whole."""
    return [*map(TextDelta, texts), ReplyEnded()]


def service_of(
    *scripts: Iterable[Step],
    store: MemoryStore | None = None,
    max_turns: int = 8,
    presets: Mapping[str, Preset] | None = None,
) -> tuple[ChatService, MemoryStore, ScriptedBackend]:
    store = store or MemoryStore()
    backend = ScriptedBackend(*scripts)
    services = {"scripted": SERVICE, "other": type(SERVICE)(name="other", kind=SERVICE.kind)}
    chat = ChatService(
        lambda: store,
        services,
        connecting(backend),
        service="scripted",
        max_turns=max_turns,
        presets=presets or {},
    )
    return chat, store, backend


async def run(chat: ChatService, turn: Turn) -> Turn:
    try:
        async with turn:
            async for _ in turn.events():
                pass
    finally:
        chat.turns.end(turn)
    return turn


async def ask(chat: ChatService, text: str, conversation: Conversation | None = None) -> Turn:
    return await run(chat, chat.turns.new(conversation or chat.conversations.create(), text))


async def streaming(turn: Turn, text: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while turn.reply.text != text:
            await asyncio.sleep(0)


def texts(chat: ChatService, conversation_id: str) -> list[str]:
    return [message.text for message in chat.messages.path(conversation_id)]


def long_conversation(store: MemoryStore, count: int) -> str:
    """Put one path of so many messages into a store: text 0, text 1 and so on; its id."""
    header = conversation(service="scripted")
    leaf: str | None = None
    for number in range(count):
        message = chat_message(header, leaf, text=f"text {number}")
        leaf = message.id
        store.add_turn(replace(header, leaf_id=leaf), message)
    return header.id
