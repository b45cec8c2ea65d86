"""Bytes of pictures and files live beside the store as long as a row uses them."""

import errno
import hashlib
import io
import multiprocessing
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.domain import Draft, MessageStatus, QueuedPrompt, SearchQuery, StoreError
from fakegpt_tui.domain.parts import (
    Attachment,
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Origin,
    ReasoningSpan,
    TextSpan,
)
from fakegpt_tui.store import blobs, migrations, salvage
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import png
from tests.store.test_maintenance import NOW, run_maintenance
from tests.store.tree import conversation, turn

DAY = timedelta(days=1)
PNG = png(4, 3)


def files(path: Path) -> set[str]:
    return {each.name for each in blobs.blob_folder(path).iterdir()}


def with_picture(store: ConversationStore, data: bytes = PNG) -> tuple[str, str]:
    """A conversation whose prompt has a picture; its id and the digest."""
    blob = store.put_blob(data)
    header, prompt, reply = turn(conversation(), "Look", status=MessageStatus.COMPLETE)
    prompt = replace(prompt, parts=(ImagePart(blob, "a.png"), TextSpan(4)))
    store.add_turn(header, prompt, reply).result()
    return header.id, blob.digest


def age(path: Path, days: float = 2) -> None:
    """Let the files look as if they had been put there long ago."""
    for each in blobs.blob_folder(path).iterdir():
        moment = (NOW - DAY * days).timestamp()
        os.utime(each, (moment, moment))


def sweep(path: Path, *days: float) -> None:
    for count in days:
        with run_maintenance(path, NOW + DAY * count):
            pass


def test_bytes_come_back_as_they_were_put(store: ConversationStore, path: Path) -> None:
    data = PNG + os.urandom(3_000_000)
    blob = store.put_blob(io.BytesIO(data))
    assert blob == Blob(hashlib.sha256(data).hexdigest(), len(data), "image/png", 4, 3)
    assert store.put_blob(data) == blob
    assert store.read_blob(blob.digest) == data
    assert store.has_blob(blob)
    assert files(path) == {blob.digest}
    found = store.blob_path(blob.digest)
    assert found is not None
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700


def test_bytes_of_a_temporary_conversation_stay_in_memory() -> None:
    with ConversationStore.open_in_memory() as store:
        blob = store.put_blob(PNG)
        assert store.read_blob(blob.digest) == PNG
        assert store.blob_path(blob.digest) is None
        conversation_id, _ = with_picture(store)
        assert store.path(conversation_id)[0].parts[0] == ImagePart(blob, "a.png")


def test_too_many_bytes_leave_nothing(store: ConversationStore, path: Path) -> None:
    with pytest.raises(StoreError, match="larger than 1 MB"):
        store.put_blob(b"x" * 1_000_001, limit=1_000_000)
    assert files(path) == set()


class FullDisk(io.RawIOBase):
    """A file whose second half cannot be put anywhere, since the disk is full by then."""

    def __init__(self) -> None:
        self._left = [b"x" * 1000]

    def read(self, _size: int = -1) -> bytes:
        if self._left:
            return self._left.pop()
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_no_half_file(store: ConversationStore, path: Path) -> None:
    with pytest.raises(StoreError, match="disk is full"):
        store.put_blob(FullDisk())  # type: ignore[arg-type]  # all that is read of it
    assert files(path) == set()


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "AB" * 32, "ab" * 31])
def test_what_is_no_digest_is_no_path(store: ConversationStore, digest: str) -> None:
    with pytest.raises(StoreError, match="missing"):
        store.read_blob(digest)
    assert not store.has_blob(Blob(digest, 1))


def test_nothing_is_saved_whose_bytes_are_missing(store: ConversationStore) -> None:
    missing = ImagePart(Blob("ab" * 32, 5, "image/png"))
    header, prompt, reply = turn(conversation(), "Look")
    with pytest.raises(StoreError, match="missing"):
        store.add_turn(header, replace(prompt, parts=(missing,)), reply).result()
    assert store.conversations() == ()
    queued = QueuedPrompt("q", header.id, "Look", (missing,))
    with pytest.raises(StoreError, match="missing"):
        store.save_queue(header.id, [queued]).result()


def test_parts_come_back_with_their_message(path: Path) -> None:
    with ConversationStore.open(path) as store:
        conversation_id, digest = with_picture(store)
        blob = Blob(digest, len(PNG), "image/png", 4, 3)
        attached = (Attachment("1", FilePart(blob, "a.txt", as_text=True), "path"),)
        store.save_draft(Draft(conversation_id, "", (0, 0), attached)).result()
        queued = QueuedPrompt("q", conversation_id, "More", (ImagePart(blob), TextSpan(4)))
        store.save_queue(conversation_id, [queued]).result()
    with ConversationStore.open(path) as store:
        assert store.path(conversation_id)[0].parts == (ImagePart(blob, "a.png"), TextSpan(4))
        assert store.path(conversation_id)[1].parts == ()
        assert store.drafts()[conversation_id].attachments == attached
        assert store.queued_prompts() == {conversation_id: [queued]}


SIGNED = Origin("anthropic", "s", "m", '{"signature":"x"}')


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_reply_that_streams_has_its_parts_in_order(path: Path, is_killed: bool) -> None:
    header, prompt, reply = turn(conversation())
    store = ConversationStore.open(path)
    store.add_turn(header, prompt, reply)
    picture = ImagePart(store.put_blob(PNG))
    store.append_reasoning(reply.id, "Hm, so")
    store.append_part(reply.id, SIGNED)
    store.append_reply(reply.id, "Here ")
    store.append_reply(reply.id, "it is:")
    store.append_part(reply.id, picture)
    store.append_reply(reply.id, "\nPretty.")
    store.append_part(reply.id, SIGNED)
    whole = (ReasoningSpan(6, origin=SIGNED), TextSpan(11), picture, TextSpan(8, SIGNED))
    if is_killed:
        # Its writes are done, and then it is gone without a word.
        store.set_status("none", MessageStatus.WAITING).exception()
        with closing(sqlite3.connect(path)) as connection:
            owner = "00000000-0000-4000-8000-000000000000"
            connection.execute("UPDATE chat_message SET owner = ? WHERE owner NOT NULL", (owner,))
            connection.commit()
    else:
        store.finish_reply(
            replace(
                reply,
                text="Here it is:\nPretty.",
                reasoning="Hm, so",
                parts=whole,
                status=MessageStatus.COMPLETE,
            )
        ).result()
    store.close()
    age(path)
    with ConversationStore.open(path) as store:
        found = store.path(header.id)[-1]
        assert (found.text, found.reasoning) == ("Here it is:\nPretty.", "Hm, so")
        assert found.parts == whole
        assert found.status is not MessageStatus.STREAMING
        assert found.error is None
    sweep(path, 0, 9, 18)
    assert files(path) == {picture.blob.digest}


def test_text_that_was_replaced_took_a_picture_along(store: ConversationStore) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "One two")
    store.append_part(reply.id, ImagePart(store.put_blob(PNG)))
    store.append_reply(reply.id, "three", 3)
    store.set_status(reply.id, MessageStatus.STOPPED).result()
    found = store.path(header.id)[-1]
    assert (found.text, found.parts) == ("Onethree", ())


def test_bytes_live_as_long_as_their_last_use(path: Path) -> None:
    with ConversationStore.open(path) as store:
        first, digest = with_picture(store)
        second, _ = with_picture(store)
        store.delete_conversation(first).result()
    age(path)
    sweep(path, 0, 9)
    assert files(path) == {digest}
    with ConversationStore.open(path) as store:
        assert store.read_blob(digest) == PNG
        store.delete_conversation(second).result()
    sweep(path, 10)
    # A copy of the store that is still there may need them.
    assert files(path) == {digest}
    for copy in path.parent.glob("*.backup"):
        copy.unlink()
    sweep(path, 12)
    assert files(path) == set()


def test_bytes_die_with_the_purge_of_the_trash(path: Path) -> None:
    with ConversationStore.open(path) as store:
        conversation_id, digest = with_picture(store)
        (header,) = store.conversations()
        store.save_conversation(replace(header, trashed_at=NOW)).result()
    age(path)
    sweep(path, 0, 2)
    assert files(path) == {digest}
    with ConversationStore.open(path) as store:
        store.save_conversation(replace(header, trashed_at=None)).result()
        assert store.path(conversation_id)[0].parts
        store.save_conversation(replace(header, trashed_at=NOW)).result()
        store.delete_trashed(NOW + DAY).result()
    sweep(path, 3)
    for copy in path.parent.glob("*.backup"):
        copy.unlink()
    sweep(path, 5)
    assert files(path) == set()


def test_fresh_bytes_stay_until_their_prompt_is_saved(path: Path) -> None:
    with ConversationStore.open(path) as store:
        blob = store.put_blob(PNG)
    sweep(path, 0, 0.1)
    assert files(path) == {blob.digest}


def test_what_a_kill_left_half_written_goes(path: Path) -> None:
    with ConversationStore.open(path) as store:
        with_picture(store)
    half = blobs.blob_folder(path) / f"{blobs.HALF}x"
    half.write_bytes(b"x")
    sweep(path, 0)
    assert half.exists()
    age(path)
    sweep(path, 1)
    assert not half.exists()


def test_a_removed_attachment_of_a_draft_comes_back_with_an_undo(path: Path) -> None:
    with ConversationStore.open(path) as store:
        blob = store.put_blob(PNG)
        draft = Draft("c", "x", (0, 1), (Attachment("1", ImagePart(blob)),))
        store.save_draft(draft).result()
        store.save_draft(replace(draft, attachments=())).result()
    age(path)
    sweep(path, 0)
    with ConversationStore.open(path) as store:
        store.save_draft(draft).result()
        assert store.read_blob(blob.digest) == PNG
    for copy in path.parent.glob("*.backup"):
        copy.unlink()
    sweep(path, 2, 4)
    assert files(path) == {blob.digest}


@pytest.fixture
def damaged(path: Path) -> Iterator[tuple[Path, str]]:
    """A store with a picture of which one bit has flipped."""
    with ConversationStore.open(path) as store:
        _, digest = with_picture(store)
    file = blobs.blob_folder(path) / digest
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    return path, digest  # type: ignore[return-value]


def test_a_flipped_bit_is_told_and_healed_by_the_same_file(damaged: tuple[Path, str]) -> None:
    path, digest = damaged
    with ConversationStore.open(path) as store, pytest.raises(StoreError, match="damaged"):
        store.read_blob(digest)
    with run_maintenance(path) as maintenance:
        (notice,) = maintenance.notices
    assert notice.startswith("Of 1 attached pictures and files, 1 is damaged on the disk")
    with ConversationStore.open(path) as store:
        store.put_blob(PNG)
        assert store.read_blob(digest) == PNG
    with run_maintenance(path, NOW + 8 * DAY) as maintenance:
        assert maintenance.notices == ()


def test_a_missing_file_is_told(path: Path) -> None:
    with ConversationStore.open(path) as store:
        _, digest = with_picture(store)
    (blobs.blob_folder(path) / digest).unlink()
    with run_maintenance(path) as maintenance:
        (notice,) = maintenance.notices
    assert "1 is missing: a.png." in notice
    with ConversationStore.open(path) as store, pytest.raises(StoreError, match="missing"):
        store.read_blob(digest)


def test_a_restored_copy_of_the_store_has_all_its_pictures(path: Path) -> None:
    with ConversationStore.open(path) as store:
        conversation_id, digest = with_picture(store)
    age(path)
    sweep(path, 0)
    (copy,) = path.parent.glob("*.backup")
    with ConversationStore.open(path) as store:
        store.delete_conversation(conversation_id).result()
    sweep(path, 0.5, 1, 3)
    copy.replace(path)
    with ConversationStore.open(path) as store:
        assert store.path(conversation_id)[0].parts
        assert store.read_blob(digest) == PNG


def test_a_damaged_store_keeps_its_pictures(path: Path) -> None:
    with ConversationStore.open(path) as store:
        conversation_id, digest = with_picture(store)
    with path.open("r+b") as file:
        file.write(b"\0" * 100)
    age(path)
    with ConversationStore.open(path) as store:
        assert "could still be read" in store.notices[0]
        (prompt, _) = store.messages(conversation_id)
        assert prompt.parts[0] == ImagePart(Blob(digest, len(PNG), "image/png", 4, 3), "a.png")
        assert prompt.error is None
    sweep(path, 0, 9, 18)
    assert files(path) == {digest}


def test_a_flipped_bit_in_the_parts_is_seen_by_the_checksum(path: Path) -> None:
    with ConversationStore.open(path) as store:
        conversation_id, _ = with_picture(store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE chat_message SET parts = replace(parts, 'a.png', 'b.png')")
        connection.commit()
    with ConversationStore.open(path) as store:
        found = store.path(conversation_id)[0]
    assert found.error is not None
    assert "damaged" in found.error


def test_no_two_tables_take_the_same_row() -> None:
    """Salvage tells rows apart by their shapes alone."""
    schema = salvage.read_schema()
    for name, table in schema.items():
        for length in table.lengths:
            for values in (
                tuple(kinds[0]() for kinds in table.types[:length]),
                tuple(kinds[-1]() for kinds in table.types[:length]),
            ):
                row = tuple(None if value is None else value for value in values)
                rowid = 1 if table.order == ("rowid",) else None
                if "position" in table.columns:
                    row = (None, *row[1:])
                found = salvage.match_table(schema, salvage.RawRow(rowid, row, is_complete=True))
                if found is not None:
                    assert found[0] == name


SAME = [PNG + bytes([number]) for number in range(20)]


def attach_all(path: Path) -> None:
    with ConversationStore.open(path) as store:
        for data in SAME:
            with_picture(store, data)


def test_processes_that_attach_the_same_while_another_sweeps_lose_nothing(path: Path) -> None:
    with ConversationStore.open(path) as store:
        for data in SAME:
            store.put_blob(data)
    # From now on a sweep deletes all that is not attached anew.
    age(path, 3)
    sweep(path, -2.5)
    for copy in path.parent.glob("*.backup"):
        copy.unlink()
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=attach_all, args=(path,)) for _ in range(2)]
    for child in children:
        child.start()
    while any(child.is_alive() for child in children):
        sweep(path, 0)
        for copy in path.parent.glob("*.backup"):
            copy.unlink()
    for child in children:
        child.join()
        assert child.exitcode == 0
    with ConversationStore.open(path) as store:
        assert len(store.conversations()) == 40
        assert files(path) == {hashlib.sha256(data).hexdigest() for data in SAME}
        assert all(store.read_blob(hashlib.sha256(data).hexdigest()) == data for data in SAME)


def test_a_picture_is_found_by_its_name_until_it_is_deleted(path: Path) -> None:
    def found(store: ConversationStore, word: str) -> list[str]:
        return [hit.snippet for hit in store.search(SearchQuery(text=word), 9)]

    with ConversationStore.open(path) as store:
        blob = store.put_blob(PNG)
        source = CitationPart(0, 0, "https://example.org/giraffes", "Tall animals")
        header, prompt, reply = turn(conversation(), "Look", status=MessageStatus.COMPLETE)
        prompt = replace(prompt, parts=(ImagePart(blob, "okapi.png", "A zebra"), TextSpan(4)))
        reply = replace(reply, text="Yes.", parts=(TextSpan(4), source))
        store.add_turn(header, prompt, reply).result()
        assert found(store, "okapi") == ["Look okapi.png A zebra"]
        assert len(found(store, "zebra")) == len(found(store, "look")) == 1
        assert len(found(store, "animals")) == 1
        store.trash_messages([prompt.id], NOW).result()
        assert found(store, "okapi") == []
        store.trash_messages([prompt.id], None).result()
    with closing(sqlite3.connect(path)) as connection, connection:
        migrations.add_functions(connection)
        # An index that is rebuilt knows the same.
        connection.execute("INSERT INTO message_index (message_index) VALUES ('delete-all')")
        connection.execute(migrations.FILL_INDEX["message_index"])
    with ConversationStore.open(path) as store:
        assert len(found(store, "okapi")) == 1
        store.delete_conversation(header.id).result()
        assert found(store, "okapi") == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM message_index_docsize").fetchone() == (0,)
