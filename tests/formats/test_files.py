import os
import random
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import SaveError
from fakegpt_tui.formats.files import EMPTY_DIGEST, base_name, is_unmodified, save_file, sign
from fakegpt_tui.formats.json_lines import read_json_lines
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.formats.registry import FORMATS
from fakegpt_tui.formats.saving import save_as
from tests.examples import examples
from tests.formats.trees import branched, hostile

ROOT = Path(__file__).parents[2]
OWNER = "0a1b2c3d-0000-4000-8000-000000000001"
OURS = f'---\ndigest: "{EMPTY_DIGEST}"\nid: "{OWNER}"\n---\n\ntext\n'


def as_saved(text: str) -> str:
    return sign(text.encode(), OWNER).decode()


def save(folder: Path, text: str = OURS, *, stem: str = "Rivers", owner: str = OWNER) -> Path:
    return save_file(folder, stem, ".md", text, owner_id=owner)


def test_the_name_tells_the_title_and_the_id(tmp_path: Path) -> None:
    assert save(tmp_path, stem="Rivers & lakes?") == tmp_path / "rivers-lakes-0a1b2c3d.md"


def test_saving_again_replaces_what_was_saved_before(tmp_path: Path) -> None:
    first = save(tmp_path)
    assert save(tmp_path, OURS + "more") == first
    assert first.read_text() == as_saved(OURS + "more")
    assert list(tmp_path.iterdir()) == [first]


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "mine",
        f'id: "{OWNER}"',
        '---\nid: "another"\n---\n',
        f'---\nid: "another"\n---\nid: "{OWNER}"\n',
        OURS,
        sign(OURS.encode(), "another").decode(),
    ],
)
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, foreign: str) -> None:
    theirs = tmp_path / "rivers-0a1b2c3d.md"
    theirs.write_text(foreign)
    saved = save(tmp_path)
    assert saved == tmp_path / "rivers-0a1b2c3d-2.md"
    assert (theirs.read_text(), saved.read_text()) == (foreign, as_saved(OURS))
    assert save(tmp_path) == saved


def test_a_file_that_somebody_has_edited_is_left_alone(tmp_path: Path) -> None:
    first = save(tmp_path)
    edited = first.read_text() + "My own thoughts\n"
    first.write_text(edited)
    second = save(tmp_path, OURS + "more")
    assert second.name == "rivers-0a1b2c3d-2.md"
    assert save(tmp_path, OURS + "still more") == second
    assert first.read_text() == edited


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
    assert save(tmp_path).read_text() == as_saved(OURS)


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
    assert seen <= set(map(as_saved, texts))


@examples(60)
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


def test_ten_thousand_titles_stay_apart_and_inside_of_the_folder(tmp_path: Path) -> None:
    letters = 'aB7 ./\\\x00\n\u202e\u0301éß字😀-_~:*?"<>|\ud800'
    source = random.Random(7)
    names = set()
    for number in range(10_000):
        title, owner = "".join(source.choices(letters, k=source.randrange(120))), f"{number:08x}"
        name = base_name(title, owner)
        assert Path(name).name == name
        names.add(name.casefold())
        if number % 20 == 0:
            path = save_file(tmp_path, title, ".md", OURS, owner_id=owner, durable=False)
            assert path == tmp_path / f"{name}.md"
    assert len(names) == 10_000
    assert len(list(tmp_path.iterdir())) == 500


def test_the_same_title_and_the_same_short_id_get_numbers(tmp_path: Path) -> None:
    owners = [f"{OWNER}-{number}" for number in range(30)]
    paths = [save(tmp_path, owner=owner) for owner in owners]
    assert len(set(paths)) == 30
    assert [save(tmp_path, OURS + "more", owner=owner) for owner in owners] == paths


@settings(deadline=None)
@given(hostile, hostile, hostile)
def test_a_seal_holds_for_its_owner_and_its_text_only(text: str, owner: str, other: str) -> None:
    document = f"{EMPTY_DIGEST}\n{text}".encode()
    saved = sign(document, owner)
    assert is_unmodified(saved, owner)
    assert is_unmodified(saved, other) is (owner == other)
    assert is_unmodified(saved + other.encode(), owner) is (other == "")


@pytest.mark.parametrize("suffix", [each.suffix for each in FORMATS])
def test_a_conversation_is_saved_under_its_title_and_found_again(
    tmp_path: Path, suffix: str
) -> None:
    conversation, messages = branched()
    conversation = replace(conversation, title='Überall "\n')
    saved = save_as(conversation, messages, tmp_path, suffix=suffix)
    assert saved.name == f"überall-5f6c2a5e.{suffix}"
    assert save_as(conversation, [], tmp_path, suffix=suffix) == saved
    saved.write_text(saved.read_text() + " ")
    assert save_as(conversation, [], tmp_path, suffix=suffix) != saved


def test_saved_files_are_read_back_as_they_are_on_the_disk(tmp_path: Path) -> None:
    conversation, messages = branched()
    messages[-1] = replace(messages[-1], text="one\r\ntwo\rthree")
    whole = (conversation, tuple(messages))
    markdown = save_as(conversation, messages, tmp_path)
    lines = save_as(conversation, messages, tmp_path, suffix="jsonl")
    assert read_markdown(markdown.read_bytes().decode()) == whole
    with lines.open("rb") as file:
        (found,) = read_json_lines(file)
    assert (found.conversation, found.messages) == whole


SAVING = """
from pathlib import Path
import sys
from fakegpt_tui.formats.files import save_file
from tests.formats.test_files import OURS, OWNER
for number in range(10_000):
    text = OURS + str(number) * 100_000
    print(save_file(Path(sys.argv[1]), "Rivers", ".md", text, owner_id=OWNER), flush=True)
"""


def test_a_kill_leaves_the_file_whole(tmp_path: Path) -> None:
    for lines in (1, 3, 5):
        with subprocess.Popen(
            [sys.executable, "-c", SAVING, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
        ) as process:
            assert process.stdout
            names = {process.stdout.readline() for _ in range(lines)}
            process.kill()
        assert names == {f"{tmp_path}/rivers-0a1b2c3d.md\n".encode()}
        assert is_unmodified((tmp_path / "rivers-0a1b2c3d.md").read_bytes(), OWNER)
