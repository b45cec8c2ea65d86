"""What a service wants back unread: kept with the reply, and sent with what follows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import MessageStatus, Service
from fakegpt_tui.store.conversation_store import ConversationStore
from tests import anthropic_server as anthropic
from tests import responses_server as responses
from tests.fault_server import Step
from tests.openai_server import openai_server
from tests.stubs import connecting

OPAQUE = [responses.reasoning("Hm.", encrypted="b3BhcXVl"), responses.message("B", of="msg_0")]
SIGNED = [
    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
    {"type": "text", "text": "B"},
]
KINDS: dict[str, tuple[str, list[Step], Callable[[str], Service], Callable[[Service], Backend]]] = {
    "responses": (
        responses.RESPONSES,
        responses.stream(
            responses.created(),
            responses.thinks("Hm."),
            responses.item_done(OPAQUE[0]),
            responses.opens(1),
            responses.says("B", 1),
            responses.item_done(OPAQUE[1], 1),
            responses.completed(output=OPAQUE),
        ),
        responses.service,
        responses.backend_for,
    ),
    "anthropic": (
        anthropic.MESSAGES,
        anthropic.stream(
            anthropic.begins(),
            anthropic.block(0, "thinking", anthropic.thinks("Hm."), anthropic.signs("c2ln")),
            anthropic.block(1, "text", anthropic.says("B", 1)),
            anthropic.ends(),
        ),
        anthropic.service,
        anthropic.backend_for,
    ),
}


async def ask(chat: ChatService, conversation_id: str, text: str) -> str:
    turn = chat.turns.new(chat.conversations.get(conversation_id), text)
    async with turn:
        async for _ in turn.events():
            pass
    chat.turns.end(turn)
    assert turn.reply.status is MessageStatus.COMPLETE
    return turn.reply.id


def replayed(body: Any) -> Any:
    """What is sent of the first reply."""
    if "input" in body:
        return body["input"][1:-1]
    return body["messages"][1]["content"]


@pytest.mark.parametrize("kind", KINDS)
async def test_it_outlives_the_program_and_goes_back_until_something_is_changed(
    tmp_path: Path, kind: str
) -> None:
    path, script, make_service, backend_for = KINDS[kind]
    async with openai_server() as server:
        server.script(path, *script)
        service = make_service(server.url)

        def opened(store: ConversationStore) -> ChatService:
            connect = connecting(backend_for(service))
            return ChatService(
                lambda: store, {service.name: service}, connect, service=service.name
            )

        store = ConversationStore.open(tmp_path / "c.db")
        chat = opened(store)
        conversation_id = chat.conversations.create().id
        await ask(chat, conversation_id, "A")
        await chat.aclose()
        store.close()
        again = ConversationStore.open(tmp_path / "c.db")
        chat = opened(again)
        await ask(chat, conversation_id, "C")
        chat.actions.configure(
            conversation_id,
            system_prompt="Be brief.",
            generation=chat.conversations.get(conversation_id).generation,
        )
        await ask(chat, conversation_id, "D")
        await chat.aclose()
        again.close()
        first, second, third = (each.json for each in server.asked(path))
    assert first
    assert replayed(second) == (OPAQUE if kind == "responses" else SIGNED)
    assert "b3BhcXVl" not in str(third)
    assert "c2ln" not in str(third)
