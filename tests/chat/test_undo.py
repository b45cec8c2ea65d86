"""Undo: what is taken back after a restart, by another instance, and after a kill."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.jobs import JobProgress
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.undo import ImportUndo, header_step
from fakegpt_tui.domain import Conversation, GenerationSettings, MessageStatus, TitleSource
from fakegpt_tui.formats.import_report import ImportChange
from fakegpt_tui.formats.saving import save_as
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.formats.trees import branched, message
from tests.store.tree import TIME, chat_message, conversation
from tests.stubs import SERVICE, connecting

ROOT = Path(__file__).parents[2]
HEADER, TREE = branched()
OTHER = replace(conversation(title="Other"), updated_at=HEADER.updated_at - timedelta(1))
REPLY = next(each for each in TREE if each.id == HEADER.leaf_id)


class Disk:
    """Runs of the program over one store, one after the other."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self._stack = stack
        self.store = self._open()

    def run(self) -> ChatService:
        self.store.close()
        self.store = self._open()
        return chat_over(self.store)

    def look(self) -> tuple[object, ...]:
        headers = sorted(self.store.conversations(), key=lambda each: each.id)
        trees = [
            [each for each in self.store.messages(header.id) if each.trashed_at is None]
            for header in headers
        ]
        return headers, trees, self.store.folders()

    def _open(self) -> ConversationStore:
        return self._stack.enter_context(closing(ConversationStore.open(self.path)))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with ExitStack() as stack:
        disk = Disk(tmp_path / "data" / "c.db", stack)
        disk.store.add_turn(HEADER, *TREE).result()
        disk.store.add_turn(OTHER, chat_message(OTHER, None, text="asked")).result()
        yield disk


def chat_over(store: ConversationStore, **options: Path) -> ChatService:
    connect = connecting(ScriptedBackend())
    return ChatService(lambda: store, {"scripted": SERVICE}, connect, service="scripted", **options)


BOTH = [HEADER.id, OTHER.id]

Act = Callable[[ChatService], object]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda chat: chat.actions.rename(HEADER.id, "Lakes"), "“Lakes” was renamed."),
        (lambda chat: chat.actions.trash(BOTH), "2 conversations were deleted."),
        (lambda chat: chat.actions.archive([OTHER.id]), "“Other” was archived."),
        (lambda chat: chat.folders.move(BOTH, "Work/New"), "2 conversations were moved to"),
        (lambda chat: chat.folders.tag([OTHER.id], ["a", "b"]), "“Other” was tagged."),
        (
            lambda chat: chat.messages.trash(HEADER.id, REPLY.id),
            "A message was deleted in “Rivers”.",
        ),
        (
            lambda chat: chat.messages.edit_reply(HEADER.id, REPLY.id, "Edited"),
            "A reply was edited in “Rivers”.",
        ),
        (
            lambda chat: chat.messages.change_message(
                replace(chat.messages.message(HEADER.id, REPLY.id), text="x"), "A reply was", "read"
            ),
            "A reply was read in “Rivers”.",
        ),
        (lambda chat: chat.actions.branch(HEADER.id, REPLY.id), "“Rivers” was branched off."),
    ],
)
def test_a_later_run_takes_back_what_an_earlier_one_did(disk: Disk, act: Act, words: str) -> None:
    before = disk.look()
    act(disk.run())
    later = disk.run()
    assert disk.look() != before
    action = later.history.last(HEADER.id)
    assert action is not None
    assert not later.history.is_told(action)
    assert later.history.tell(action).startswith(words)
    assert later.history.is_told(action)
    later.history.undo(HEADER.id)
    last = disk.run()
    assert disk.look() == before
    assert last.history.last(HEADER.id) is None


async def test_an_import_is_taken_back_by_a_later_run(disk: Disk, tmp_path: Path) -> None:
    new = replace(HEADER, id="new", leaf_id="n")
    path = save_as(new, [message("One.", id="n", conversation_id="new")], tmp_path)
    before = disk.look()
    await disk.run().imports.import_files([path], JobProgress())
    later = disk.run()
    assert disk.look() != before
    assert later.history.undo() == "“Rivers” was imported."
    disk.run()
    assert disk.look() == before


async def test_all_that_an_import_changed_in_what_was_there_is_taken_back(
    disk: Disk, tmp_path: Path
) -> None:
    cut = message("Tw", id="n", conversation_id="cut", status=MessageStatus.INTERRUPTED)
    disk.store.add_turn(replace(HEADER, id="cut", leaf_id="n"), cut).result()
    before = disk.look()
    later = {"updated_at": HEADER.updated_at + timedelta(1), "folder": "Sea", "tags": ("wet",)}
    named = {"title": "Lakes", "title_source": TitleSource.SERVICE, "archived": True}
    more = [*TREE, message("And more.", id="n2", parent_id=REPLY.id)]
    whole = replace(cut, text="Two whole words.", status=MessageStatus.COMPLETE)
    files = [
        save_as(replace(HEADER, leaf_id="n2", **later, **named), more, tmp_path),
        save_as(replace(HEADER, id="cut", leaf_id="n", title="Cut", **later), [whole], tmp_path),
    ]
    run = disk.run()
    await run.imports.import_files(files, JobProgress())
    done = run.history.last()
    assert done is not None
    assert run.history.is_told(done)
    changed = disk.look()
    assert run.history.undo() == "2 conversations were imported."
    disk.run()
    assert disk.look() == before
    assert changed != before


def test_what_was_done_while_an_import_ran_is_taken_back_after_it(disk: Disk) -> None:
    run = disk.run()
    undo = ImportUndo(disk.store.changes)
    undo.keep(ImportChange(after=OTHER))
    undo.keep(ImportChange(after=replace(OTHER, id="never written")))
    run.actions.pin([HEADER.id])
    undo.finish()
    later = disk.run()
    assert [later.history.undo(), later.history.undo()] == [
        "“Other” was imported.",
        "“Rivers” was pinned.",
    ]


def test_every_field_of_a_conversation_comes_back(disk: Disk) -> None:
    changed = {
        "title": "Other title",
        "title_source": TitleSource.PERSON,
        "generation": GenerationSettings(temperature=0.5, stop=("END",)),
        "trashed_at": TIME,
        "tags": ("a", "b"),
        "leaf_id": TREE[0].id,
        "unread": not HEADER.unread,
        "pinned": not HEADER.pinned,
        "archived": not HEADER.archived,
        "created_at": TIME,
        "updated_at": TIME,
    }
    names = [each.name for each in fields(Conversation) if each.name != "id"]
    values = {name: changed.get(name, f"other {name}") for name in names}
    chat = disk.run()
    chat.history.record("changed", [header_step(HEADER, names)])
    chat.conversations.save(replace(HEADER, **values))
    later = disk.run()
    assert later.conversations.get(HEADER.id) == replace(HEADER, **values)
    assert later.history.undo() == "“Other title” was changed."
    assert later.conversations.get(HEADER.id) == HEADER


def test_what_another_instance_did_is_told_before_it_is_taken_back(disk: Disk) -> None:
    chat = disk.run()
    chat.actions.pin([HEADER.id])
    own = chat.history.last()
    assert own is not None
    assert chat.history.is_told(own)
    with ConversationStore.open(disk.path) as store:
        other = chat_over(store)
        other.actions.archive([OTHER.id])
    found = chat.history.last()
    assert found is not None
    assert (chat.history.describe(found), chat.history.is_told(found)) == (
        "“Other” was archived.",
        False,
    )
    assert chat.history.undo() == "“Other” was archived."
    last = chat.history.last()
    assert last is not None
    assert not chat.history.is_told(last)


def test_conversations_that_leave_nothing_on_disk_have_an_undo_that_leaves_none(
    disk: Disk,
) -> None:
    chat = disk.run()
    secret = chat.conversations.create(temporary=True)
    chat.actions.rename(secret.id, "Secret")
    chat.conversations.add(secret, [], copied_from=secret.id)
    chat.actions.trash([secret.id, OTHER.id])
    assert chat.history.undo() == "2 conversations were deleted."
    assert chat.conversations.get(secret.id).trashed_at is None
    chat.actions.trash([secret.id, OTHER.id])
    disk.store.close()
    assert b"Secret" not in disk.path.read_bytes()
    assert secret.id.encode() not in disk.path.read_bytes()
    assert disk.run().history.undo() == "“Other” was deleted."


CHANGES = """
import sys
from pathlib import Path
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.test_undo import chat_over
chat = chat_over(ConversationStore.open(Path(sys.argv[1])))
for each in chat.conversations.all():
    for act in (
        lambda: chat.actions.rename(each.id, "Other"),
        lambda: chat.actions.archive([each.id]),
        lambda: chat.actions.trash([each.id]),
    ):
        act()
        print(flush=True)
"""


@pytest.mark.parametrize(
    "lines", [7, *(pytest.param(each, marks=pytest.mark.long) for each in (1, 2, 50, 90))]
)
def test_whenever_a_run_is_killed_all_that_it_did_can_be_taken_back(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "data" / "c.db"
    with ConversationStore.open(path) as store:
        for number in range(40):
            store.add_turn(replace(conversation(), title=f"Title {number}")).result()
        before = store.conversations()
    command = [sys.executable, "-c", CHANGES, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdout is not None
        for _ in range(lines):
            assert child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    with ConversationStore.open(path) as store:
        chat = chat_over(store)
        while chat.history.undo():
            pass
    with ConversationStore.open(path) as store:
        assert store.conversations() == before
