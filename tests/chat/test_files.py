"""What a chat service writes into files: saved conversations, and the mirror."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Conversation, ReplyEnded, TextDelta
from fakegpt_tui.transfer.markdown_reading import from_markdown
from fakegpt_tui.transfer.mirror import Mirror, MirrorUpdate
from tests.stubs import SERVICE, MemoryStore, connecting


def service_of(replies: Sequence[str], mirror: MirrorUpdate | None = None) -> ChatService:
    backend = ScriptedBackend(*([TextDelta(reply), ReplyEnded()] for reply in replies))
    services = {SERVICE.name: SERVICE}
    return ChatService(
        MemoryStore(), services, connecting(backend), service=SERVICE.name, mirror=mirror
    )


async def run(chat: ChatService, turn: Turn) -> None:
    async with turn:
        async for _ in turn.events():
            pass
    chat.end_turn(turn)


def read(path: Path) -> tuple[Conversation, tuple[ChatMessage, ...]]:
    return from_markdown(path.read_bytes().decode())


async def test_a_saved_conversation_is_whole(tmp_path: Path) -> None:
    chat = service_of(["Hello"])
    turn = chat.new_turn(chat.new_conversation(), "Grüße")
    await run(chat, turn)
    conversation, messages = read(chat.save_markdown(turn.conversation.id, tmp_path))
    assert conversation == chat.conversation(turn.conversation.id)
    assert messages == chat.path(turn.conversation.id)


async def test_a_selection_is_saved_beside_the_whole(tmp_path: Path) -> None:
    chat = service_of(["Hello"])
    turn = chat.new_turn(chat.new_conversation(), "Grüße")
    await run(chat, turn)
    whole = chat.save_markdown(turn.conversation.id, tmp_path)
    part = chat.save_markdown(turn.conversation.id, tmp_path, message_ids=[turn.reply.id])
    assert [message.text for message in read(part)[1]] == ["Hello"]
    assert len(read(whole)[1]) == 2


async def test_every_turn_that_ends_is_mirrored(tmp_path: Path) -> None:
    with closing(Mirror(tmp_path)) as mirror:
        chat = service_of(["one", "two"], mirror.update)
        turn = chat.new_turn(chat.new_conversation(), "first")
        await run(chat, turn)
        await run(chat, chat.new_turn(chat.conversation(turn.conversation.id), "second"))
    (file,) = tmp_path.iterdir()
    assert [message.text for message in read(file)[1]] == ["first", "one", "second", "two"]


async def test_a_temporary_conversation_is_not_mirrored(tmp_path: Path) -> None:
    with closing(Mirror(tmp_path)) as mirror:
        chat = service_of(["one"], mirror.update)
        await run(chat, chat.new_turn(chat.new_conversation(temporary=True), "first"))
    assert list(tmp_path.iterdir()) == []
