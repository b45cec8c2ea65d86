"""The mirror folder: what of a store is in it, whoever changed that, and what edits are worth."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.chat.mirror import Mirror, MirrorThread
from fakegpt_tui.chat.read_back import list_edited, read_back
from fakegpt_tui.domain import ChatMessage, Conversation, LoadError, MessageStatus, Role
from fakegpt_tui.domain.parts import ImagePart, TextSpan
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.test_undo import chat_over
from tests.patience import PATIENCE
from tests.store.tree import TIME, chat_message, conversation

ROOT = Path(__file__).parents[2]
C = conversation(
    id="5f6c2a5e-0000-4000-8000-000000000001",
    title="Rivers",
    leaf_id="r1",
    created_at=TIME,
    updated_at=TIME,
)
PROMPT = chat_message(C, None, id="p1", text="Tell of rivers")
REPLY = chat_message(C, "p1", id="r1", role=Role.ASSISTANT, text="They flow.")
OTHER = replace(conversation(title="Lakes"), id="6f6c2a5e-0000-4000-8000-000000000002")
NAMES = ["lakes-6f6c2a5e.md", "rivers-5f6c2a5e.md"]


class Home:
    """A store, and a folder that mirrors it."""

    def __init__(self, store: ConversationStore, folder: Path) -> None:
        self.store = store
        self.folder = folder
        store.add_turn(C, PROMPT, REPLY).result()
        store.add_turn(OTHER, chat_message(OTHER, None, text="Tell of lakes")).result()

    def mirror(self) -> Mirror:
        """A mirror of a process that begins now, up to date."""
        mirror = Mirror(self.store, self.folder)
        mirror.update()
        return mirror

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def read(self, name: str = NAMES[1]) -> tuple[Conversation, tuple[ChatMessage, ...]]:
        return read_markdown((self.folder / name).read_text())

    def say(self, number: int) -> None:
        """Add a reply below the last one."""
        added = replace(REPLY, id=f"r{number}", parent_id=f"r{number - 1}", text=f"More {number}.")
        self.store.add_turn(replace(C, leaf_id=added.id), added).result()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with ConversationStore.open(tmp_path / "data" / "c.db") as store:
        yield Home(store, tmp_path / "notes")


def test_every_change_of_a_conversation_is_in_its_file(home: Home) -> None:
    mirror, store = home.mirror(), home.store
    assert home.names() == NAMES
    assert home.read() == (C, (PROMPT, REPLY))
    edited = replace(REPLY, text="They meander.")
    variant = replace(REPLY, id="r2", text="They end in the sea.")
    tagged = replace(C, tags=("water",), folder="Geography", archived=True)
    for write, now in (
        (lambda: store.save_conversation(tagged), (tagged, (PROMPT, REPLY))),
        (lambda: store.finish_reply(edited), (tagged, (PROMPT, edited))),
        (
            lambda: store.add_turn(replace(tagged, leaf_id="r2"), variant),
            (replace(tagged, leaf_id="r2"), (PROMPT, edited, variant)),
        ),
        (
            lambda: store.trash_messages(["r1"], TIME),
            (replace(tagged, leaf_id="r2"), (PROMPT, variant)),
        ),
    ):
        write().result()
        mirror.update()
        assert home.read() == now
    renamed = replace(tagged, title="Streams", leaf_id="r2")
    store.save_conversation(renamed).result()
    mirror.update()
    assert home.names() == [NAMES[0], "streams-5f6c2a5e.md"]
    store.save_conversation(replace(renamed, trashed_at=TIME)).result()
    store.delete_conversation(OTHER.id).result()
    mirror.update()
    assert home.names() == []
    store.save_conversation(renamed).result()
    mirror.update()
    assert home.names() == ["streams-5f6c2a5e.md"]


def test_what_is_under_way_or_was_only_read_changes_nothing(home: Home) -> None:
    mirror = home.mirror()
    before = (home.folder / NAMES[1]).read_bytes()
    streaming = replace(REPLY, id="r2", parent_id="r1", status=MessageStatus.STREAMING)
    home.store.add_turn(C, streaming).result()
    home.store.save_conversation(replace(C, unread=True)).result()
    mirror.update()
    assert (home.folder / NAMES[1]).read_bytes() == before
    home.store.finish_reply(replace(streaming, status=MessageStatus.COMPLETE)).result()
    mirror.update()
    assert len(home.read()[1]) == 3


def test_a_file_that_was_deleted_stays_so_until_its_conversation_changes(home: Home) -> None:
    home.mirror()
    (home.folder / NAMES[1]).unlink()
    home.store.save_conversation(replace(OTHER, pinned=True)).result()
    mirror = home.mirror()
    assert mirror.look() == [
        "The mirror file of “Rivers” was deleted: rivers-5f6c2a5e.md. It comes back once the "
        "conversation changes."
    ]
    assert home.names() == NAMES[:1]
    assert home.mirror().look() == []
    home.say(2)
    assert (home.mirror().changed_files(), home.names()) == ([], NAMES)


def test_an_edited_file_is_told_once_and_never_overwritten(home: Home) -> None:
    home.mirror()
    file = home.folder / NAMES[1]
    file.write_text(file.read_text().replace("They flow.", "They flow, slowly."))
    edited = file.read_text()
    (told,) = home.mirror().look()
    assert told.startswith("The mirror file of “Rivers” was edited: rivers-5f6c2a5e.md. /mirror")
    home.say(2)
    mirror = home.mirror()
    assert file.read_text() == edited
    assert home.names() == [NAMES[0], "rivers-5f6c2a5e-2.md", NAMES[1]]
    assert mirror.look() == []
    assert [path for _, path in mirror.changed_files()] == [file]
    home.store.save_conversation(replace(C, trashed_at=TIME)).result()
    home.mirror()
    assert home.names() == NAMES


def test_a_file_that_is_edited_while_it_is_not_looked_at_is_told_when_it_is_met(home: Home) -> None:
    mirror = home.mirror()
    file = home.folder / NAMES[1]
    file.write_text(file.read_text() + "My notes")
    home.say(2)
    mirror.update()
    assert len(home.names()) == 3
    assert ["was edited" in each for each in mirror.look()] == [True]


@pytest.mark.parametrize("place", ['title: "{}"', "# {}\n"])
def test_an_edited_file_is_read_back_and_that_is_taken_back(home: Home, place: str) -> None:
    home.mirror()
    file = home.folder / NAMES[1]
    text = file.read_text().replace("They flow.", "They flow on.")
    file.write_text(text.replace(place.format("Rivers"), place.format("Streams")))
    ((path, title),) = list_edited(home.store, home.folder)
    assert (path, title) == (file, "Rivers")
    told = read_back(home.store, home.folder, path)
    assert told == "Read back into “Rivers”: 1 message, title."
    assert home.names() == [NAMES[0], "streams-5f6c2a5e.md"]
    after, messages = home.read("streams-5f6c2a5e.md")
    assert (after.title, messages[-1].text) == ("Streams", "They flow on.")
    assert home.store.messages(C.id)[-1] == messages[-1]
    assert home.mirror().changed_files() == []
    chat = chat_over(home.store)
    assert chat.history.undo() == "“Streams” was read back from the mirror folder."
    home.store.changes.settle(PATIENCE)
    home.mirror()
    assert home.read() == (C, (PROMPT, REPLY))


async def test_front_ends_read_back_what_was_edited(home: Home) -> None:
    home.mirror()
    chat = chat_over(home.store, mirror=home.folder)
    assert await chat.imports.edited_files() == []
    file = home.folder / NAMES[1]
    file.write_text(file.read_text().replace("They flow.", "They flow on."))
    assert await chat.imports.edited_files() == [(file, "Rivers")]
    assert "1 message" in await chat.imports.read_back(file)
    assert chat.messages.path(C.id)[-1].text == "They flow on."
    assert await chat_over(home.store).imports.edited_files() == []


def test_what_cannot_be_taken_over_stays_in_the_file(home: Home) -> None:
    home.mirror()
    file = home.folder / NAMES[1]
    noted = file.read_text().replace("# Rivers", "# Rivers\n\nMy notes").replace("flow", "run")
    file.write_text(noted)
    told = read_back(home.store, home.folder, file)
    assert told.startswith("Read back into “Rivers”: 1 message. The file holds more")
    assert file.read_text() == noted
    assert home.names() == [NAMES[0], "rivers-5f6c2a5e-2.md", NAMES[1]]
    assert home.read("rivers-5f6c2a5e-2.md")[1][-1].text == "They run."
    file.write_text("Just notes")
    with pytest.raises(LoadError):
        read_back(home.store, home.folder, file)


def test_an_old_edit_changes_no_field_that_has_changed_since(home: Home) -> None:
    home.mirror()
    file = home.folder / NAMES[1]
    file.write_text(file.read_text().replace("They flow.", "They flow on."))
    home.store.save_conversation(replace(C, title="Streams", pinned=True)).result()
    home.mirror()
    assert read_back(home.store, home.folder, file) == "Read back into “Streams”: 1 message."
    assert home.names() == [NAMES[0], "streams-5f6c2a5e.md"]
    assert home.read("streams-5f6c2a5e.md")[0].pinned


def test_a_file_is_followed_where_it_was_moved(home: Home) -> None:
    mirror = home.mirror()
    moved = home.folder / "a" / "My rivers.md"
    moved.parent.mkdir()
    (home.folder / NAMES[1]).rename(moved)
    assert mirror.look() == []
    home.say(2)
    mirror.update()
    assert home.names() == ["a", NAMES[0]]
    assert len(home.read("a/My rivers.md")[1]) == 3
    moved = moved.rename(home.folder / "Rivers again.md")
    home.say(3)
    home.mirror()
    assert len(home.read("Rivers again.md")[1]) == 4


def test_a_name_that_is_no_text_keeps_nothing_from_being_saved(home: Home) -> None:
    mirror = home.mirror()
    (home.folder / NAMES[1]).rename(home.folder / os.fsdecode(b"rivers \xff.md"))
    assert mirror.look() == []
    home.say(2)
    mirror.update()
    assert len(home.store.messages(C.id)) == 3
    assert mirror.look() == []


def test_files_of_an_earlier_version_are_continued(home: Home) -> None:
    home.mirror()
    (home.folder / NAMES[1]).rename(home.folder / "mine.md")
    home.store.changes.note_files(str(home.folder), [], gone=NAMES).result()
    home.say(2)
    home.mirror()
    assert home.names() == [NAMES[0], "mine.md"]


def test_pictures_go_along(home: Home) -> None:
    blob = home.store.put_blob(b"\x89PNG\r\n\x1a\n" + bytes(40))
    home.store.finish_reply(replace(REPLY, parts=(ImagePart(blob, "a.png"), TextSpan(10)))).result()
    mirror = home.mirror()
    assert len(list((home.folder / "rivers-5f6c2a5e.assets").iterdir())) == 1
    home.store.save_conversation(replace(C, title="Streams")).result()
    mirror.update()
    assert home.names() == [NAMES[0], "streams-5f6c2a5e.assets", "streams-5f6c2a5e.md"]
    home.store.save_conversation(replace(C, trashed_at=TIME)).result()
    mirror.update()
    assert home.names() == NAMES[:1]


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def test_git_sees_few_lines_change_where_one_message_of_fifty_does(home: Home) -> None:
    for number in range(2, 50):
        home.say(number)
    mirror = home.mirror()
    git(home.folder, "init", "-q")

    def lines_changed() -> int:
        mirror.update()
        found = git(home.folder, "diff", "--numstat").split()
        git(home.folder, "add", "-A")
        git(home.folder, "commit", "-qm", "now")
        return sum(map(int, found[:2])) if found else 0

    lines_changed()
    home.say(50)
    assert 0 < lines_changed() <= 14
    header = replace(C, leaf_id="r50")
    home.store.save_conversation(replace(header, pinned=True)).result()
    assert 0 < lines_changed() <= 6
    middle = next(each for each in home.store.messages(C.id) if each.id == "r20")
    home.store.finish_reply(replace(middle, text="Another text.")).result()
    assert 0 < lines_changed() <= 6
    variant = replace(middle, id="v50", parent_id="r49", text="Another end.")
    home.store.add_turn(replace(header, leaf_id="v50"), variant).result()
    assert 0 < lines_changed() <= 30
    home.store.trash_messages(["r50"], TIME + timedelta(1)).result()
    assert 0 < lines_changed() <= 30
    git(home.folder, "config", "core.autocrlf", "true")
    (home.folder / NAMES[1]).unlink()
    git(home.folder, "checkout", "-q", "--", ".")
    assert b"\r\n" in (home.folder / NAMES[1]).read_bytes()
    assert mirror.look() == []


@pytest.mark.parametrize("moment", ["open", "os.rename"])
def test_what_a_kill_has_kept_from_the_folder_is_caught_up_with(
    tmp_path: Path, moment: str
) -> None:
    path, folder = tmp_path / "data" / "c.db", tmp_path / "notes"
    command = [sys.executable, "-c", KILLED_BETWEEN, str(path), str(folder), moment]
    done = subprocess.run(command, check=False, cwd=ROOT, timeout=PATIENCE)
    assert done.returncode == -signal.SIGKILL
    with ConversationStore.open(path) as store:
        Mirror(store, folder).update()
    (file,) = folder.iterdir()
    assert read_markdown(file.read_text()) == (C, (PROMPT, REPLY))


KILLED_BETWEEN = """
import os, signal, sys
from pathlib import Path
from fakegpt_tui.chat.mirror import Mirror
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.test_mirror import C, PROMPT, REPLY
store, folder = ConversationStore.open(Path(sys.argv[1])), Path(sys.argv[2])
store.add_turn(C, PROMPT, REPLY).result()
folder.mkdir()
def die(event, arguments):
    if event == sys.argv[3] and str(arguments[0]).startswith(str(folder)):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
Mirror(store, folder).update()
"""


@contextmanager
def mirroring(folder: Path) -> Iterator[MirrorThread]:
    thread = MirrorThread(folder)
    yield thread
    thread.close(PATIENCE)


def test_a_thread_follows_what_this_and_other_instances_do(tmp_path: Path) -> None:
    path, folder = tmp_path / "data" / "c.db", tmp_path / "notes"
    with ConversationStore.open(path) as store, ConversationStore.open(path) as other:
        with mirroring(folder) as thread:
            thread.follow(store)
            store.add_turn(C, PROMPT, REPLY)
            other.add_turn(OTHER, chat_message(OTHER, None, text="Tell of lakes")).result()
        with mirroring(folder) as thread:
            thread.follow(other)
            other.save_conversation(replace(C, title="Streams"))
        assert sorted(each.name for each in folder.iterdir()) == [NAMES[0], "streams-5f6c2a5e.md"]
        assert (thread.notices, thread.error) == ((), None)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.write_text("in the way")
    with ConversationStore.open(tmp_path / "data" / "c.db") as store:
        with mirroring(folder) as thread:
            thread.follow(store)
            store.add_turn(C, PROMPT, REPLY).result()
        (told,) = thread.notices
        assert "Nothing could be saved in" in told
