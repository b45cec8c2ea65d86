"""What other programs keep on a machine is found, counted and left as it is."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain.parts import FilePart, TextSpan
from fakegpt_tui.formats.discovery import FoundSource, find_sources, list_import_files
from fakegpt_tui.formats.saving import save_as
from fakegpt_tui.store.blobs import MemoryBlobs
from tests.formats.exports import many, ordinary, zipped
from tests.formats.reading import FILES
from tests.formats.trees import branched

HOMES = {
    "Claude Code": ("claude-code/session.jsonl", ".claude/projects/-a/one.jsonl"),
    "Codex": ("codex/rollout.jsonl", ".codex/sessions/2026/03/01/rollout-1.jsonl"),
    "Gemini CLI": ("gemini-cli/session.jsonl", ".gemini/tmp/abc/chats/session-1.jsonl"),
    "opencode": ("opencode/opencode.db", ".local/share/opencode/opencode.db"),
    "llm": ("llm/logs-0.32.db", ".config/io.datasette.llm/logs.db"),
    "oterm": ("oterm/store.db", ".local/share/oterm/store.db"),
    "mods": ("mods/mods.db", ".local/share/mods/conversations/mods.db"),
    "elia": ("elia/elia.sqlite", ".local/share/elia/elia.sqlite"),
    "parllama": ("parllama/chat.json", ".local/share/parllama/chats/1.json"),
    "aichat": ("aichat/boats.yaml", ".config/aichat/sessions/_/boats.yaml"),
    "gptme": ("gptme/conversation.jsonl", ".local/share/gptme/logs/a/conversation.jsonl"),
    "LM Studio": (
        "lmstudio/1772359200123.conversation.json",
        ".lmstudio/conversations/boats/1.conversation.json",
    ),
    "Jan": ("jan/messages.jsonl", ".config/Jan/data/threads/a/messages.jsonl"),
    "SillyTavern": (
        "sillytavern/captain.jsonl",
        "SillyTavern/data/default-user/chats/Captain/1.jsonl",
    ),
    "Open WebUI": ("openwebui/webui.db", ".open-webui/webui.db"),
}


def place(home: Path, program: str) -> Path:
    source, target = HOMES[program]
    path = home / target
    path.parent.mkdir(parents=True)
    shutil.copyfile(FILES / source, path)
    for beside in (FILES / source).parent.glob("*.gob"):
        shutil.copyfile(beside, path.with_name(beside.name))
    return path


def found(home: Path, **environment: str) -> list[FoundSource]:
    """What is found in a home, but for what the machine's temporary folder holds."""
    sources = find_sources(home, environment, home / "Downloads")
    return [each for each in sources if each.path.is_relative_to(home)]


@pytest.mark.parametrize("program", HOMES)
def test_the_conversations_of_a_program_are_found_where_it_keeps_them(
    tmp_path: Path, program: str
) -> None:
    path = place(tmp_path, program)
    (source,) = found(tmp_path)
    assert source.name == program
    assert source.files == (path,)
    assert source.count >= 1
    assert source.size == path.stat().st_size


def test_a_program_that_was_told_another_folder_is_found_there(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copyfile(FILES / "llm/logs-0.27.db", other / "logs.db")
    (source,) = found(tmp_path, LLM_USER_PATH=str(other))
    assert (source.name, source.path) == ("llm", other / "logs.db")


def test_exports_among_the_downloads_are_known_by_what_they_hold(tmp_path: Path) -> None:
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    for program, name in {"claude": "a.zip", "chatgpt": "b.zip"}.items():
        archive = next((FILES / program).glob("export*.zip"))
        shutil.copyfile(archive, downloads / name)
    large = [*many(2), ordinary(title="x" * 9_000_000, conversation_id="large")]
    (downloads / "large.zip").write_bytes(zipped({"conversations.json": large}))
    (downloads / "holiday.zip").write_bytes(b"PK")
    (downloads / "notes.json").write_text('{"a": 1}')
    (downloads / "page.html").write_text("<p>")
    assert {(each.name, each.path.name, each.count) for each in found(tmp_path)} == {
        ("Claude", "a.zip", 2),
        ("ChatGPT", "b.zip", 2),
        ("ChatGPT", "large.zip", 0),
    }


@pytest.mark.parametrize(
    ("count", "size", "told"),
    [
        (2, 3_100, "2 conversations, 3 kB"),
        (1, 1_000_000, "1 conversation, 1.0 MB"),
        (0, 2_345_678_900, "2.3 GB"),
        (1, 614, "1 conversation, 614 B"),
    ],
)
def test_how_much_there_is_is_told_in_words(count: int, size: int, told: str) -> None:
    assert FoundSource("A", Path("a"), (), count, size).summary == told


def test_a_saved_conversation_that_is_attached_to_another_is_not_imported_with_it(
    tmp_path: Path,
) -> None:
    conversation, messages = branched()
    other, blobs = save_as(replace(conversation, id="other"), messages, tmp_path), MemoryBlobs()
    part = FilePart(blobs.put(other.read_bytes()), other.name)
    other.unlink()
    prompt = replace(messages[0], parts=(part, TextSpan(len(messages[0].text))))
    saved = save_as(conversation, [prompt], tmp_path, read_blob=blobs.read)
    assert [each.suffix for each in saved.with_suffix(".assets").iterdir()] == [".txt"]
    assert [each.path for each in list_import_files([tmp_path]) if each.opened] == [saved]


def test_links_are_not_followed(tmp_path: Path) -> None:
    path = place(tmp_path / "other", "Claude Code")
    home = tmp_path / "home"
    (home / ".claude").mkdir(parents=True)
    (home / ".claude" / "projects").symlink_to(path.parents[1])
    (home / "Downloads").mkdir()
    (home / "Downloads" / "a.jsonl").symlink_to(path)
    assert found(home) == []


def test_nothing_is_left_beside_a_database(tmp_path: Path) -> None:
    path = place(tmp_path, "oterm")
    before = path.read_bytes()
    found(tmp_path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_damaged_database_is_no_source(tmp_path: Path) -> None:
    place(tmp_path, "oterm").write_bytes(b"SQLite format 3\0" + b"x" * 200)
    assert found(tmp_path) == []


def test_an_empty_home_holds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "missing") == []
