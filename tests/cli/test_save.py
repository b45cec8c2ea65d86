"""`save`: which conversations become files, and where."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from tests.cli.program import COMMAND, Home
from tests.patience import PATIENCE
from tests.terminal import Terminal

FIRST = "aaaa1111-0000-4000-8000-000000000000"
SECOND = "aaaa2222-0000-4000-8000-000000000000"


def keep(home: Home, conversation_id: str, title: str, *, days_ago: int = 0) -> None:
    time = datetime(2026, 3, 1, 12, tzinfo=UTC) - timedelta(days=days_ago)

    def message(role: Role, text: str, parent_id: str | None) -> ChatMessage:
        return ChatMessage(
            id=f"{role}-{conversation_id}",
            conversation_id=conversation_id,
            parent_id=parent_id,
            role=role,
            text=text,
            status=MessageStatus.COMPLETE,
            created_at=time,
        )

    prompt = message(Role.USER, f"Tell me of {title}", None)
    reply = message(Role.ASSISTANT, f"All about {title}", prompt.id)
    conversation = Conversation(
        id=conversation_id,
        title=title,
        service="home",
        model="m",
        created_at=time,
        updated_at=time,
        leaf_id=reply.id,
    )
    with home.store() as store:
        store.add_turn(conversation, prompt, reply).result(PATIENCE)


def test_the_beginning_of_an_id_is_enough(home: Home, tmp_path: Path) -> None:
    keep(home, FIRST, "Rivers")
    keep(home, SECOND, "Mountains")
    done = home.invoke("save", "aaaa2", str(tmp_path / "notes"))
    assert (done.exit_code, done.stderr) == (0, "")
    (file,) = (tmp_path / "notes").iterdir()
    assert done.stdout == f"{file}\n"
    assert "All about Mountains" in file.read_text()


def test_a_path_is_exact_for_programs_and_safe_on_a_terminal(home: Home, tmp_path: Path) -> None:
    keep(home, FIRST, "Rivers")
    folder = tmp_path / "no\x1b[31mtes\x9b"
    done = home.invoke("save", "--all", str(folder))
    (file,) = folder.iterdir()
    assert done.stdout == f"{file}\n"
    with Terminal([*COMMAND, "save", "--all", str(folder)], env=home.environment) as shown:
        assert shown.wait() == 0
    assert b"\x1b[31m" not in shown.raw
    assert b"no" in shown.raw


def test_all_conversations_are_saved_where_the_interface_saves_them(home: Home) -> None:
    keep(home, FIRST, "Rivers")
    keep(home, SECOND, "Mountains")
    done = home.invoke("save", "--all")
    files = sorted((home.data / "exports").iterdir())
    assert done.exit_code == 0
    assert sorted(done.stdout.splitlines()) == [str(file) for file in files]
    assert len(files) == 2


def test_saving_again_writes_the_same_file(home: Home) -> None:
    keep(home, FIRST, "Rivers")
    assert home.invoke("save", "--all").stdout == home.invoke("save", FIRST).stdout


def test_an_id_that_fits_two_conversations_is_not_found(home: Home) -> None:
    keep(home, FIRST, "Rivers")
    keep(home, SECOND, "Mountains")
    done = home.invoke("save", "aaaa")
    assert (done.exit_code, done.stdout) == (6, "")
    assert "There are 2 conversations whose id or title begins with 'aaaa'" in done.stderr


def test_an_unknown_id_is_not_found(home: Home) -> None:
    done = home.invoke("save", "bbbb")
    assert done.exit_code == 6
    assert "There is no conversation whose id or title begins with 'bbbb'." in done.stderr


def test_with_nothing_to_save_it_says_so(home: Home) -> None:
    done = home.invoke("save", "--all")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "fakegpt-tui: There are no conversations yet.\n"


def test_what_to_save_must_be_told(home: Home) -> None:
    assert home.invoke("save").exit_code == 2
    assert home.invoke("save", "--all", "one", "two").exit_code == 2


def test_a_folder_that_cannot_be_written_is_a_failure(home: Home, tmp_path: Path) -> None:
    keep(home, FIRST, "Rivers")
    (tmp_path / "file").write_text("")
    done = home.invoke("save", "--all", str(tmp_path / "file"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("fakegpt-tui: ")


def test_the_newest_conversation_is_resumed(home: Home) -> None:
    keep(home, FIRST, "Rivers", days_ago=3)
    keep(home, SECOND, "Mountains", days_ago=5)
    assert "All about Rivers" in home.invoke("--plain", "--continue").stdout
    assert "All about Mountains" in home.invoke("--plain", "--resume", "aaaa2").stdout


def test_names_hold_what_the_file_system_can_hold(home: Home, tmp_path: Path) -> None:
    keep(home, FIRST, "川 Rivers é")
    keep(home, SECOND, "川")
    home.environment |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = home.run("save", "--all", str(tmp_path / "notes"))
    assert (done.returncode, done.stderr) == (0, "")
    names = sorted(path.name for path in (tmp_path / "notes").iterdir())
    assert names == ["conversation-aaaa2222.md", "rivers-aaaa1111.md"]


def test_all_files_are_written_also_when_the_reader_of_their_names_has_gone(
    home: Home, tmp_path: Path
) -> None:
    for number in range(30):
        keep(home, f"{number:08}-0000", f"Talk {number}")
    with home.started("save", "--all", str(tmp_path / "notes")) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(60) == 0
    assert len(list((tmp_path / "notes").iterdir())) == 30
