"""What is written into files where the store cannot take it."""

from pathlib import Path

from fakegpt_tui.domain import NotSavedYet
from fakegpt_tui.domain.parts import Attachment, TextSpan
from fakegpt_tui.formats.markdown import read_markdown
from tests.attachments.examples import png
from tests.chat.fake_chat import ask, says, service_of
from tests.stubs import MemoryStore, failed


class Full(MemoryStore):
    """A store that keeps what it cannot write in memory, as on a full disk."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = True

    def _written(self, write):
        return failed("The disk is full.", NotSavedYet) if self.is_full else write()


async def test_nothing_is_written_where_the_store_takes_everything(tmp_path: Path) -> None:
    chat, _, _ = service_of(says("one"))
    await ask(chat, "hi")
    assert not chat.emergency_export.is_needed
    assert await chat.emergency_export.write_files([tmp_path]) is None
    assert list(tmp_path.iterdir()) == []


async def test_all_words_go_to_the_first_folder_that_takes_them(tmp_path: Path) -> None:
    chat, _, _ = service_of(says("one"), says("two"), says("three"), store=Full())
    turns = [await ask(chat, text) for text in ("first", "second", "third")]
    chat.drafts.save(turns[0].conversation.id, "half a thought")
    chat.queue.add(turns[1].conversation.id, "wants to be sent")
    assert chat.emergency_export.is_needed
    (tmp_path / "file").write_text("in the way")
    account = await chat.emergency_export.write_files([tmp_path / "file", tmp_path / "there"])
    assert account is not None
    assert "The disk is full. What it lacks is in files" in account.summary
    written = [Path(each) for each in account.details]
    saved = [read_markdown(path.read_text())[1] for path in written if path.suffix == ".md"]
    assert sorted([message.text for message in messages] for messages in saved) == [
        ["first", "one"],
        ["second", "two"],
        ["third", "three"],
    ]
    (typed,) = (path.read_text() for path in written if path.suffix == ".txt")
    assert typed == "wants to be sent\n\nhalf a thought\n"


async def test_what_is_attached_goes_beside_the_texts(tmp_path: Path) -> None:
    chat, _, _ = service_of(store=Full())
    conversation = chat.conversations.create()
    picture = await chat.attachments.add_bytes(conversation.id, png(4, 3), "cat.png")
    notes = await chat.attachments.add_bytes(conversation.id, b"Buy milk.", "notes.txt")
    chat.drafts.save(conversation.id, "Look [#1 cat.png]", attachments=(Attachment("1", picture),))
    chat.queue.add(conversation.id, "And this?", (TextSpan(9), notes))
    account = await chat.emergency_export.write_files([tmp_path])
    assert account is not None
    (path,) = map(Path, account.details)
    queued, drafted = path.read_text().rstrip().split("\n\n")
    for block, data in ((queued, b"Buy milk."), (drafted, png(4, 3))):
        name, _, where = block.splitlines()[-1].partition(": ")
        assert name in ("notes.txt", "cat.png")
        assert (tmp_path / where).read_bytes() == data


async def test_what_fits_by_then_needs_no_file(tmp_path: Path) -> None:
    store = Full()
    chat, _, _ = service_of(says("one"), store=store)
    await ask(chat, "hi")
    store.is_full = False
    assert await chat.emergency_export.write_files([tmp_path]) is None
    assert list(tmp_path.iterdir()) == []


async def test_what_could_be_written_nowhere_is_told(tmp_path: Path) -> None:
    chat, _, _ = service_of(says("one"), store=Full())
    await ask(chat, "hi")
    (tmp_path / "file").write_text("in the way")
    account = await chat.emergency_export.write_files([tmp_path / "file"])
    assert account is not None
    assert "1 of 1 files were not written" in account.summary


async def test_a_title_alone_is_not_worth_a_file(tmp_path: Path) -> None:
    store = Full()
    store.is_full = False
    chat, _, _ = service_of(says("one"), store=store)
    turn = await ask(chat, "hi")
    store.is_full = True
    chat.actions.rename(turn.conversation.id, "Mine")
    assert chat.writes.error is not None
    assert not chat.emergency_export.is_needed
    assert await chat.emergency_export.write_files([tmp_path]) is None
