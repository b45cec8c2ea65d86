import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus, StoreError
from fakegpt_tui.store import instances
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.instances import FileLock, Instance, InstanceStatus, acquire
from tests.store.tree import conversation, turn

ROOT = Path(__file__).parents[2]
WRITES_MUCH = """
import sys
from pathlib import Path
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import conversation, turn
with ConversationStore.open(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[3])):
        store.add_turn(*turn(conversation(title=sys.argv[2]))).result()
"""


@pytest.mark.parametrize(
    "status", [MessageStatus.QUEUED, MessageStatus.WAITING, MessageStatus.STREAMING]
)
def test_what_a_dead_instance_left_under_way_is_interrupted(
    path: Path, status: MessageStatus
) -> None:
    header, prompt, reply = turn(conversation(), status=status)
    with ConversationStore.open(path) as store:
        store.add_turn(header, prompt, reply)
        store.append_reasoning(reply.id, "Hm, ")
        store.append_reasoning(reply.id, "so")
        store.append_reply(reply.id, "this far")
    with ConversationStore.open(path) as store:
        interrupted = replace(
            reply, text="this far", reasoning="Hm, so", status=MessageStatus.INTERRUPTED
        )
        assert store.path(header.id) == (prompt, interrupted)


def test_what_another_instance_streams_is_left_alone(path: Path) -> None:
    header, prompt, reply = turn(conversation())
    with ConversationStore.open(path) as first:
        first.add_turn(header, prompt, reply).result()
        with ConversationStore.open(path) as second:
            assert second.path(header.id) == (prompt, reply)
        first.append_reply(reply.id, "still here")
        ended = replace(reply, text="still here", status=MessageStatus.COMPLETE)
        first.finish_reply(ended).result()
        assert first.path(header.id) == (prompt, ended)


@pytest.mark.parametrize(
    ("names", "count"), [("ab", 150), pytest.param("abcd", 1500, marks=pytest.mark.long)]
)
def test_processes_that_write_at_once_lose_nothing(path: Path, names: str, count: int) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITES_MUCH, str(path), name, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
    assert {writer.returncode for writer in writers} == {0}
    with ConversationStore.open(path) as store:
        found = store.conversations()
        assert sorted(each.title for each in found) == sorted(names * count)
        assert {len(store.path(each.id)) for each in found} == {2}


def test_live_instances_are_told_from_dead_ones(tmp_path: Path) -> None:
    folder = tmp_path / "instances"
    none: frozenset[str] = frozenset()
    assert instances.live_instances(folder) == InstanceStatus(none, none, found_damage=False)
    one, two = Instance(folder), Instance(folder)
    one.close()
    (folder / "crashed").touch()
    only_two, crashed = frozenset({two.id}), frozenset({"crashed"})
    assert instances.live_instances(folder) == InstanceStatus(only_two, crashed, found_damage=False)
    instances.reap(folder, crashed)
    assert instances.live_instances(folder) == InstanceStatus(only_two, none, found_damage=False)
    two.close(met_damage=True)
    assert instances.live_instances(folder) == InstanceStatus(none, only_two, found_damage=True)


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    held = FileLock(tmp_path / "lock").hold()
    held.__enter__()
    waits = []

    def give_up(pause: float) -> None:
        waits.append(pause)
        held.__exit__(None, None, None)

    with FileLock(tmp_path / "lock", pause=give_up).hold():
        assert len(waits) == 1


def test_patience_has_an_end(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", patience=0.01)
    with lock.hold(), pytest.raises(StoreError, match="Another instance"), lock.hold():
        pass


def test_a_lock_file_that_was_deleted_locks_no_instance_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with FileLock(path).hold():
        path.unlink()
        with FileLock(path).hold():
            assert acquire(path) is None
