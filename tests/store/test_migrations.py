import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from fakegpt_tui.domain import SearchQuery
from fakegpt_tui.store import migrations, salvage
from fakegpt_tui.store.connection import open_writer
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import conversation

# The second step of a later version; SQLite asks for `die` only when a statement uses it.
NEXT_STEP = (
    "ALTER TABLE conversation ADD COLUMN colour TEXT",
    "UPDATE conversation SET colour = 'blue'",
    "CREATE INDEX conversation_colour ON conversation (colour)",
)
DYING = "SELECT die()"
ROOT = Path(__file__).parents[2]
CHILD = """
import os, signal, sqlite3, sys
from fakegpt_tui.store import migrations
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
migrations.migrate(connection, eval(sys.argv[2]))
"""


def migrated_elsewhere(path: Path, steps: tuple[migrations.Step, ...]) -> int:
    command = [sys.executable, "-c", CHILD, str(path), repr(steps)]
    return subprocess.run(command, check=False, timeout=60, cwd=ROOT).returncode


def look(path: Path) -> tuple[int, list[str]]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema ORDER BY name").fetchall()
        columns = connection.execute("SELECT name FROM pragma_table_info('conversation')")
        return migrations.read_version(connection), [name for (name,) in [*names, *columns]]


@pytest.mark.parametrize("position", range(len(NEXT_STEP) + 1))
def test_killed_between_two_statements_the_old_version_is_left(path: Path, position: int) -> None:
    with ConversationStore.open(path) as store:
        store.add_turn(conversation())
    before = look(path)
    step = (*NEXT_STEP[:position], DYING, *NEXT_STEP[position:])
    assert migrated_elsewhere(path, (*migrations.STEPS, step)) == -signal.SIGKILL
    assert look(path) == before
    with ConversationStore.open(path) as store:
        assert len(store.conversations()) == 1


def test_killed_while_it_is_made_a_store_can_be_made_again(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    (first,) = migrations.STEPS[:1]
    assert migrated_elsewhere(path, ((*first[:3], DYING, *first[3:]),)) == -signal.SIGKILL
    assert look(path) == (0, [])
    with ConversationStore.open(path) as store:
        store.add_turn(conversation()).result()


def test_only_what_is_missing_is_done(path: Path) -> None:
    with ConversationStore.open(path) as store:
        store.add_turn(conversation()).result()
    with closing(open_writer(path)) as connection:
        migrations.migrate(connection, (*migrations.STEPS, NEXT_STEP))
        assert migrations.read_version(connection) == migrations.VERSION + 1
        migrations.migrate(connection, (*migrations.STEPS, NEXT_STEP))
        assert connection.execute("SELECT colour FROM conversation").fetchone()[0] == "blue"


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    with ConversationStore.open(path):
        pass
    before = look(path)
    with closing(open_writer(path)) as connection, pytest.raises(sqlite3.OperationalError):
        migrations.migrate(connection, (*migrations.STEPS, (*NEXT_STEP, "no SQL")))
    assert look(path) == before


def test_the_tables_take_only_what_their_columns_say(path: Path) -> None:
    with ConversationStore.open(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, strict, type FROM pragma_table_list").fetchall()
    tables = {name: strict for name, strict, kind in found if kind == "table"}
    assert set(tables) >= {"conversation", "chat_message", "reply_delta", "draft", "queued_prompt"}
    assert {name for name, strict in tables.items() if not strict} == {
        "sqlite_schema",
        "sqlite_temp_schema",
    }


def test_what_an_older_version_wrote_is_summed_indexed_and_backed_up(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.migrate(connection, migrations.STEPS[:1])
        connection.execute(
            "INSERT INTO conversation VALUES"
            " (1, 'c', 'Old title', 'prompt', 's', 'm', 0, 0, 'r', 0, 0, 0, NULL, '', '', '{}')"
        )
        connection.executemany(
            "INSERT INTO chat_message VALUES"
            " (NULL, ?, 'c', ?, ?, ?, ?, 0, '', '', NULL, NULL, NULL, NULL, '', NULL, '', ?)",
            [
                ("p", None, "user", "complete", None, "words of old"),
                ("r", "p", "assistant", "streaming", str(UUID(int=1)), "half"),
            ],
        )
        connection.execute("INSERT INTO reply_delta VALUES ('r', 1, NULL, ' a word')")
    with ConversationStore.open(path) as store:
        assert [(each.text, each.status.value) for each in store.path("c")] == [
            ("words of old", "complete"),
            ("half a word", "interrupted"),
        ]
        found = [each.message_id for each in store.search(SearchQuery(text="word"), 9)]
        assert found == ["r", "p"]
        assert [each.title for each in store.search(SearchQuery(text="TITLE"), 9)] == ["Old title"]
    assert len(list(path.parent.glob("*.v1-*.backup"))) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert None not in connection.execute("SELECT checksum FROM chat_message").fetchall()


def test_salvage_knows_the_columns_of_this_version(path: Path) -> None:
    with ConversationStore.open(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        for name, table in salvage.read_schema().items():
            found = connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
            assert tuple(name for (name,) in found) == table.columns


def test_parts_come_without_rewriting_the_rows_of_before(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.migrate(connection, migrations.STEPS[:3])
        connection.execute(
            "INSERT INTO conversation VALUES"
            " (1, 'c', 'T', 'prompt', 's', 'm', 0, 0, '1', 0, 0, 0, NULL, '', '', '{}')"
        )
        rows = [(str(number), "x" * 3_000) for number in range(2_000)]
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO chat_message VALUES (NULL, ?, 'c', NULL, 'user', 'complete', NULL, 0,"
            " '', '', NULL, NULL, NULL, NULL, '', NULL, '', ?, 0)",
            rows,
        )
        connection.execute("COMMIT")
        pages = migrations.read_pragma(connection, "page_count")
    before = path.read_bytes()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.migrate(connection, migrations.STEPS[:4])
        assert int(migrations.read_pragma(connection, "page_count")) - int(pages) < 20
        found = connection.execute("SELECT count(*) FROM chat_message WHERE parts IS NULL")
        assert found.fetchone() == (2_000,)
    after = path.read_bytes()
    same = sum(
        before[at : at + 4_096] == after[at : at + 4_096] for at in range(0, len(before), 4_096)
    )
    assert same > len(before) // 4_096 - 20
