"""The chat service over the real store: what a later run, or another instance, finds."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import GenerationSettings, RemoteIdAssigned
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.fake_chat import ask, run, says, texts
from tests.patience import PATIENCE
from tests.stubs import SERVICE, connecting


class Disk:
    """Instances of the program over one store."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack

    def instance(self, *scripts: list) -> ChatService:
        store = self._stack.enter_context(ConversationStore.open(self._path))
        connect = connecting(ScriptedBackend(*scripts))
        return ChatService(lambda: store, {"scripted": SERVICE}, connect, service="scripted")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with ExitStack() as stack:
        yield Disk(tmp_path / "conversations.db", stack)


async def settled(chat: ChatService) -> None:
    """Wait until all writes of `chat` are on disk: they are made in order."""
    await ask(chat, "the last one", chat.conversations.create())


async def test_a_later_run_finds_everything_as_it_was(disk: Disk) -> None:
    chat = disk.instance(
        [RemoteIdAssigned("sc", "sm"), *says("one")], says("two"), says(" more"), says()
    )
    conversation = chat.conversations.create()
    generation = GenerationSettings(seed=1, stop=("x",))
    chat.actions.configure(conversation.id, system_prompt="Be brief.", generation=generation)
    first = await ask(chat, "hi", conversation)
    other = await run(chat, chat.turns.regenerate(conversation.id, first.reply.id))
    await run(chat, chat.turns.continue_reply(conversation.id, other.reply.id))
    chat.messages.show_variant(conversation.id, first.reply.id)
    chat.messages.trash(conversation.id, other.reply.id)
    chat.actions.rename(conversation.id, "Title")
    chat.actions.pin([conversation.id])
    chat.drafts.save(conversation.id, "a draft", (0, 3))
    queued = chat.queue.add(conversation.id, "queued")
    branch = chat.actions.branch(conversation.id, first.reply.id)
    chat.actions.trash([branch.id])
    await settled(chat)
    later = disk.instance(says("three"))
    assert later.conversations.get(conversation.id) == chat.conversations.get(conversation.id)
    assert list(later.messages.of(conversation.id)) == list(chat.messages.of(conversation.id))
    assert later.messages.path(conversation.id) == (first.prompt, first.reply)
    assert later.drafts.get(conversation.id) == chat.drafts.get(conversation.id)
    assert later.queue.of(conversation.id) == (queued,)
    assert [each.id for each in later.conversations.trashed()] == [branch.id]
    assert texts(later, branch.id) == ["hi", "one"]
    assert list(later.search.sent_prompts(2)) == ["the last one", "hi"]
    turn = later.turns.send_queued(queued.id)
    assert turn is not None
    await run(later, turn)
    assert texts(later, conversation.id) == ["hi", "one", "queued", "three"]
    assert later.queue.of(conversation.id) == ()


async def test_instances_meet_in_one_conversation(disk: Disk) -> None:
    one = disk.instance(says("start"), says("a"))
    start = await ask(one, "hi")
    conversation_id = start.conversation.id
    other = disk.instance(says("b"))
    assert texts(other, conversation_id) == ["hi", "start"]
    a = await ask(one, "here", one.conversations.get(conversation_id))
    b = await ask(other, "there", other.conversations.get(conversation_id))
    async with asyncio.timeout(PATIENCE):
        while not await one.refresh():
            await asyncio.sleep(0)
    variants = one.messages.variants(conversation_id, a.prompt.id)
    assert variants.ids == (a.prompt.id, b.prompt.id)
    assert texts(one, conversation_id) == ["hi", "start", "there", "b"]


async def test_what_is_looked_for_is_found_in_prompts_replies_and_titles(disk: Disk) -> None:
    chat = disk.instance(says("a crate of oranges"), says("x"))
    turn = await ask(chat, "What is in the harbour?")
    (hit,) = await chat.search.find("oranges")
    assert (hit.conversation_id, hit.message_id) == (turn.conversation.id, turn.reply.id)
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["oranges"]
    chat.actions.rename(turn.conversation.id, "Lemons")
    await settled(chat)
    (hit,) = await chat.search.find("in:title lemons")
    assert hit.message_id is None
    assert list(await chat.search.find("oranges is:pinned")) == []


async def test_a_conversation_that_is_temporary_is_not_in_the_file(
    disk: Disk, tmp_path: Path
) -> None:
    chat = disk.instance(says("unspeakable"), says())
    conversation = chat.conversations.create(temporary=True)
    chat.drafts.save(conversation.id, "unspeakable")
    await ask(chat, "unspeakable", conversation)
    await settled(chat)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert files
    assert not any(b"unspeakable" in path.read_bytes() for path in files)
