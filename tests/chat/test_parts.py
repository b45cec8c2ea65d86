"""Pictures and files go with their message: to the model, through variants, branches and kills."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.attachments import Attachments
from fakegpt_tui.chat.pending_writes import Stores
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    Conversation,
    MediaReceived,
    MessageStatus,
    OriginReported,
    PartAdded,
    QueuedPrompt,
    ReasoningDelta,
    ReplyEnded,
    StoreError,
    TextDelta,
    TextReplaced,
)
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Origin,
    ReasoningSpan,
    TextSpan,
)
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import png
from tests.chat.fake_chat import run, says, service_of
from tests.chat.test_on_disk import Disk, settled
from tests.stubs import SERVICE, MemoryStore, connecting

PNG = png(4, 3)
SIGNED = Origin("anthropic", "scripted", "m", '{"signature":"x"}')


@pytest.fixture
def disk(tmp_path: Path):
    with ExitStack() as stack:
        yield Disk(tmp_path / "conversations.db", stack)


async def picture(chat: ChatService, conversation: Conversation, name: str = "a.png") -> ImagePart:
    return ImagePart(await chat.attachments.put(conversation.id, PNG), name)


async def test_a_prompt_is_sent_with_its_picture_and_the_way_to_its_bytes() -> None:
    chat, store, backend = service_of(says("A cat."))
    conversation = chat.conversations.create()
    part = await picture(chat, conversation)
    turn = await run(chat, chat.turns.new(conversation, "Look", parts=(part, TextSpan(4))))
    assert turn.prompt.parts == (part, TextSpan(4))
    assert turn.reply.parts == ()
    (sent,) = backend.requests[0].messages
    assert sent.parts == turn.prompt.parts
    assert backend.requests[0].read_blob(part.blob.digest) == PNG
    assert store.nodes[turn.prompt.id].parts == turn.prompt.parts


async def test_a_picture_alone_is_a_prompt_and_names_its_conversation() -> None:
    chat, _, backend = service_of(says("A cat."))
    conversation = chat.conversations.create()
    part = await picture(chat, conversation, "cat.png")
    turn = await run(chat, chat.turns.new(conversation, "", parts=(part,)))
    assert turn.conversation.title == "cat.png"
    assert backend.requests[0].messages[0].parts == (part,)


async def test_the_parts_of_a_reply_keep_their_order() -> None:
    blob = Blob("ab" * 32, 5, "image/png")
    source = CitationPart(0, 4, "https://example.org", "Giraffes")
    chat, store, _ = service_of(
        [
            ReasoningDelta("Hm"),
            OriginReported(SIGNED),
            TextDelta("Here "),
            TextDelta("it is"),
            PartAdded(ImagePart(blob)),
            TextDelta(" wrong"),
            TextReplaced(11, "right"),
            PartAdded(source),
            ReplyEnded(),
        ]
    )
    turn = await run(chat, chat.turns.new(chat.conversations.create(), "Draw"))
    assert turn.reply.text == "Here it is right"
    assert turn.reply.parts == (
        ReasoningSpan(2, origin=SIGNED),
        TextSpan(10),
        ImagePart(blob),
        TextSpan(6),
        source,
    )
    assert store.nodes[turn.reply.id].parts == turn.reply.parts


async def test_a_picture_of_a_model_is_kept_before_its_part_is_shown() -> None:
    chat, store, _ = service_of(
        [TextDelta("Here:"), MediaReceived(PNG, "picture-1.png"), ReplyEnded()]
    )
    turn = chat.turns.new(chat.conversations.create(), "Draw")
    seen: list[ImagePart] = []
    async with turn:
        async for event in turn.events():
            if isinstance(event, PartAdded):
                assert isinstance(event.part, ImagePart)
                assert store.read_blob(event.part.blob.digest) == PNG
                seen.append(event.part)
    chat.turns.end(turn)
    assert turn.reply.parts == (TextSpan(5), *seen)
    assert seen[0].name == "picture-1.png"


async def test_a_picture_of_a_model_that_has_no_room_is_told() -> None:
    store = MemoryStore()
    store.put_blob(PNG)
    backend = ScriptedBackend(
        [MediaReceived(png(5, 3), "p.png"), TextDelta("There."), ReplyEnded()]
    )
    chat = ChatService(
        lambda: store,
        {"scripted": SERVICE},
        connecting(backend),
        service="scripted",
        attachment_total_limit=len(PNG),
    )
    turn = await run(chat, chat.turns.new(chat.conversations.create(), "Draw"))
    assert (turn.reply.text, turn.reply.parts) == ("There.", ())
    (notice,) = turn.notices
    assert notice.startswith("p.png could not be kept.")
    assert "attachment_total_limit" in notice
    assert store.blobs_size() == len(PNG)


async def test_a_continued_reply_begins_with_the_parts_of_the_other() -> None:
    source = CitationPart(0, 3, "https://example.org")
    chat, _, _ = service_of([TextDelta("One"), PartAdded(source), ReplyEnded()], says(" two"))
    turn = await run(chat, chat.turns.new(chat.conversations.create(), "Tell"))
    more = await run(chat, chat.turns.continue_reply(turn.conversation.id, turn.reply.id))
    assert more.reply.text == "One two"
    assert more.reply.parts == (TextSpan(3), source, TextSpan(4))


async def test_an_edited_prompt_keeps_its_pictures_unless_told_otherwise() -> None:
    chat, _, _ = service_of(says("one"), says("two"), says("three"))
    conversation = chat.conversations.create()
    part = await picture(chat, conversation)
    first = await run(chat, chat.turns.new(conversation, "Look", parts=(TextSpan(4), part)))
    edited = await run(chat, chat.turns.edit(conversation.id, first.prompt.id, "See"))
    assert edited.prompt.parts == (part, TextSpan(3))
    plain = await run(chat, chat.turns.edit(conversation.id, first.prompt.id, "No", parts=()))
    assert plain.prompt.parts == ()


async def test_a_later_run_finds_parts_in_variants_branches_and_the_queue(disk: Disk) -> None:
    chat = disk.instance(says("one"), says("two"), says("x"))
    conversation = chat.conversations.create()
    part = await picture(chat, conversation)
    first = await run(chat, chat.turns.new(conversation, "Look", parts=(part, TextSpan(4))))
    await run(chat, chat.turns.regenerate(conversation.id, first.reply.id))
    branch = chat.actions.branch(conversation.id, first.prompt.id)
    # A queued picture would wait for a model that takes some.
    file = FilePart(await chat.attachments.put(conversation.id, b"notes"), "notes.txt")
    queued = chat.queue.add(conversation.id, "More", (TextSpan(4), file))
    await settled(chat)
    later = disk.instance(says("three"))
    for each in (conversation.id, branch.id):
        assert later.messages.path(each)[0].parts == (part, TextSpan(4))
    assert later.queue.of(conversation.id) == (queued,)
    assert await later.attachments.read(branch.id, part.blob.digest) == PNG
    turn = later.turns.send_queued(queued.id)
    assert turn is not None
    await run(later, turn)
    assert turn.prompt.parts == (TextSpan(4), file)


async def test_the_trash_and_its_undo_keep_the_parts(disk: Disk) -> None:
    chat = disk.instance(says("one"), says("x"))
    conversation = chat.conversations.create()
    part = await picture(chat, conversation)
    turn = await run(chat, chat.turns.new(conversation, "Look", parts=(part,)))
    chat.messages.trash(conversation.id, turn.prompt.id)
    assert chat.history.undo(conversation.id)
    await settled(chat)
    found = disk.instance().messages.path(conversation.id)[0]
    assert found.parts == (part, TextSpan(4))
    assert found.error is None


async def test_a_temporary_conversation_leaves_no_bytes_on_disk(disk: Disk, tmp_path: Path) -> None:
    chat = disk.instance(says("one"))
    conversation = chat.conversations.create()
    chat.conversations.make_temporary(conversation.id)
    part = await picture(chat, conversation)
    turn = await run(chat, chat.turns.new(conversation, "Look", parts=(part,)))
    assert turn.reply.status is MessageStatus.COMPLETE
    assert chat.attachments.path(conversation.id, part.blob.digest) is None
    assert not list(tmp_path.glob("*.blobs/*"))


async def test_a_prompt_whose_bytes_are_gone_is_not_saved_and_can_be_sent_again(
    disk: Disk,
) -> None:
    chat = disk.instance(says("one"))
    conversation = chat.conversations.create()
    part = await picture(chat, conversation)
    gone = replace(part, blob=replace(part.blob, digest="ab" * 32))
    turn = chat.turns.new(conversation, "Look", parts=(gone,))
    with pytest.raises(StoreError, match="missing"):
        await run(chat, turn)
    assert turn.draft_text == "Look"
    again = await run(chat, chat.turns.new(conversation, "Look", parts=(part,)))
    assert again.reply.text == "one"


async def test_a_queued_prompt_that_is_edited_keeps_its_picture(disk: Disk) -> None:
    chat = disk.instance()
    conversation = chat.conversations.create()
    part = await picture(chat, conversation)
    queued = chat.queue.add(conversation.id, "Look", (TextSpan(4), part))
    edited = chat.queue.edit(queued.id, "See")
    assert edited == QueuedPrompt(queued.id, conversation.id, "See", (part,))


async def test_a_conversation_with_pictures_counts_them(disk: Disk) -> None:
    chat = disk.instance(says("one"))
    conversation = chat.conversations.create()
    large = ImagePart(await chat.attachments.put(conversation.id, png(1024, 1024)))
    turn = await run(chat, chat.turns.new(conversation, "", parts=(large,)))
    path = chat.messages.path(turn.conversation.id)
    from fakegpt_tui.chat.token_count import ContextTokenCounter  # noqa: PLC0415

    count = ContextTokenCounter().count(turn.conversation, path, None)
    assert count.is_estimate
    assert 1000 < count.tokens < 2000


async def test_no_more_is_attached_than_all_together_may_take(tmp_path: Path) -> None:
    with ConversationStore.open(tmp_path / "c.db") as store:
        attachments = Attachments(Stores(lambda: store), 1_000, max_total=100)
        first = await attachments.add_bytes("c", png(4, 3, padding=50), "a.png")
        with pytest.raises(StoreError, match="attachment_total_limit allows 0"):
            await attachments.add_bytes("c", png(5, 3), "b.png")
        assert await attachments.read("c", first.blob.digest) == png(4, 3, padding=50)
