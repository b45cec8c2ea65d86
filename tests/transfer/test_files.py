import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, SaveError
from fakegpt_tui.transfer import save_as
from fakegpt_tui.transfer.files import save_file

OWNER = "0a1b2c3d-0000-4000-8000-000000000001"
OURS = f'---\nid: "{OWNER}"\n---\n\ntext\n'


def save(folder: Path, text: str = OURS, *, stem: str = "Rivers", owner: str = OWNER) -> Path:
    return save_file(folder, stem, ".md", text, owner_id=owner)


def test_the_name_tells_the_title_and_the_id(tmp_path: Path) -> None:
    assert save(tmp_path, stem="Rivers & lakes?") == tmp_path / "rivers-lakes-0a1b2c3d.md"


def test_saving_again_replaces_what_was_saved_before(tmp_path: Path) -> None:
    first = save(tmp_path)
    assert save(tmp_path, OURS + "more") == first
    assert first.read_text() == OURS + "more"
    assert list(tmp_path.iterdir()) == [first]


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "mine",
        f'id: "{OWNER}"',
        '---\nid: "another"\n---\n',
        f'---\nid: "another"\n---\nid: "{OWNER}"\n',
        f'---\ntitle: "id: {OWNER}"\n---\n',
    ],
)
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, foreign: str) -> None:
    theirs = tmp_path / "rivers-0a1b2c3d.md"
    theirs.write_text(foreign)
    saved = save(tmp_path)
    assert saved == tmp_path / "rivers-0a1b2c3d-2.md"
    assert (theirs.read_text(), saved.read_text()) == (foreign, OURS)
    assert save(tmp_path) == saved


def test_a_link_is_neither_followed_nor_replaced(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text(OURS)
    link = tmp_path / "out" / "rivers-0a1b2c3d.md"
    link.parent.mkdir()
    link.symlink_to(target)
    assert save(link.parent, OURS + "new").name == "rivers-0a1b2c3d-2.md"
    assert target.read_text() == OURS
    assert link.is_symlink()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_plain_file_is_left_alone(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "rivers-0a1b2c3d.md")
    assert save(tmp_path).read_text() == OURS


def test_nothing_but_the_file_is_left_and_it_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        saved = save(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (saved, *list(saved.parents)[:2])]
    assert modes == [0o600, 0o700, 0o700]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="Nothing could be saved in "):
        save(tmp_path / "file")


def test_when_every_name_is_taken_nothing_is_written(tmp_path: Path) -> None:
    for number in range(1, 101):
        ending = "" if number == 1 else f"-{number}"
        (tmp_path / f"rivers-0a1b2c3d{ending}.md").write_text("mine")
    with pytest.raises(SaveError, match="every name"):
        save(tmp_path)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    texts = [OURS + letter * 200_000 for letter in "ab"]
    saved = save(tmp_path, texts[0])
    done = threading.Event()

    def write() -> None:
        for number in range(40):
            save(tmp_path, texts[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(saved.read_text())
    writer.join()
    assert seen <= set(texts)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=300), min_size=1, max_size=3), st.text(min_size=1, max_size=40))
def test_any_title_makes_a_file_inside_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, titles: list[str], owner: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for title in titles:
        saved = save(folder, title, stem=title, owner=owner)
        assert saved.parent == folder
        assert len(saved.name.encode()) < 120
        assert saved.is_file()


def test_lone_surrogates_are_saved_readably(tmp_path: Path) -> None:
    assert save(tmp_path, "a\ud800b", stem="\udfff").read_text() == "a�b"


def test_a_conversation_is_saved_under_its_title_and_found_again(tmp_path: Path) -> None:
    time = datetime(2026, 11, 22, tzinfo=UTC)
    conversation = Conversation(
        id=OWNER, title='Überall "\n', service="s", model="m", created_at=time, updated_at=time
    )
    reply = ChatMessage(
        id="a",
        conversation_id=OWNER,
        parent_id=None,
        role=Role.ASSISTANT,
        text="one\r\ntwo",
        status=MessageStatus.COMPLETE,
        created_at=time,
    )
    saved = save_as(conversation, [reply], tmp_path)
    assert saved.name == "überall-0a1b2c3d.md"
    assert b"one\r\ntwo" in saved.read_bytes()
    assert save_as(conversation, [], tmp_path) == saved
