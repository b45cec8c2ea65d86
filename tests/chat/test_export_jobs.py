"""What a chat service writes into files: saved conversations."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat import jobs
from fakegpt_tui.chat.jobs import JobProgress, JobResult
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Conversation, ReplyEnded, TextDelta
from fakegpt_tui.formats import registry
from fakegpt_tui.formats.markdown import read_markdown
from tests.stubs import SERVICE, MemoryStore, connecting


def service_of(replies: Sequence[str]) -> ChatService:
    backend = ScriptedBackend(*([TextDelta(reply), ReplyEnded()] for reply in replies))
    services = {SERVICE.name: SERVICE}
    store = MemoryStore()
    return ChatService(lambda: store, services, connecting(backend), service=SERVICE.name)


async def run(chat: ChatService, turn: Turn) -> None:
    async with turn:
        async for _ in turn.events():
            pass
    chat.turns.end(turn)


def read(path: Path) -> tuple[Conversation, tuple[ChatMessage, ...]]:
    return read_markdown(path.read_bytes().decode())


async def test_a_saved_conversation_is_whole(tmp_path: Path) -> None:
    chat = service_of(["Hello"])
    turn = chat.turns.new(chat.conversations.create(), "Grüße")
    await run(chat, turn)
    conversation, messages = read(await chat.exports.export(turn.conversation.id, tmp_path))
    assert conversation == chat.conversations.get(turn.conversation.id)
    assert messages == chat.messages.path(turn.conversation.id)


async def test_a_selection_is_saved_beside_the_whole(tmp_path: Path) -> None:
    chat = service_of(["Hello"])
    turn = chat.turns.new(chat.conversations.create(), "Grüße")
    await run(chat, turn)
    whole = await chat.exports.export(turn.conversation.id, tmp_path)
    part = await chat.exports.export(turn.conversation.id, tmp_path, only=[turn.reply.id])
    assert [message.text for message in read(part)[1]] == ["Hello"]
    assert len(read(whole)[1]) == 2


@pytest.mark.parametrize("suffix", ["md", "jsonl", "html"])
async def test_a_selection_says_that_it_is_a_part(tmp_path: Path, suffix: str) -> None:
    chat = service_of(["Hello"])
    turn = chat.turns.new(chat.conversations.create(), "Hi")
    await run(chat, turn)
    conversation_id = turn.conversation.id
    words = "A selection: 1 of 2 messages."
    part = await chat.exports.export(conversation_id, tmp_path, suffix=suffix, only=[turn.reply.id])
    assert words in part.read_text()
    assert "selection" in part.name
    whole = await chat.exports.export(conversation_id, tmp_path, suffix=suffix)
    assert words not in whole.read_text()


async def test_every_conversation_is_saved_but_temporary_ones(tmp_path: Path) -> None:
    chat = service_of(["one", "two", "secret"])
    await run(chat, chat.turns.new(chat.conversations.create(), "first"))
    await run(chat, chat.turns.new(chat.conversations.create(), "second"))
    await run(chat, chat.turns.new(chat.conversations.create(temporary=True), "hidden"))
    progress = JobProgress()
    result = await chat.exports.export_all(tmp_path, progress, suffix="jsonl")
    assert result == JobResult(f"Conversations that were saved in {tmp_path}: 2 of 2.")
    assert (progress.done, progress.total) == (2, 2)
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == ["first", "second"]


async def test_saving_every_conversation_can_be_stopped(tmp_path: Path) -> None:
    chat = service_of(["one"])
    await run(chat, chat.turns.new(chat.conversations.create(), "first"))
    result = await chat.exports.export_all(tmp_path, JobProgress(stopped=True))
    assert result.summary.startswith("Stopped. ")
    assert list(tmp_path.iterdir()) == []


async def test_what_could_not_be_saved_is_told(tmp_path: Path) -> None:
    chat = service_of(["one"])
    await run(chat, chat.turns.new(chat.conversations.create(), "first"))
    (tmp_path / "file").write_text("in the way")
    result = await chat.exports.export_all(tmp_path / "file", JobProgress())
    assert "0 of 1" in result.summary
    assert result.details[0].startswith("first: Nothing could be saved in")


def test_every_format_has_a_name_for_people() -> None:
    assert jobs.export_formats().keys() == registry.WRITERS.keys()
