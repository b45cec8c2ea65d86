"""What the processes do that a campaign kills, and the log that they leave of it.

Each line of the log is one fact, written after it has become true: `wrote ID` for what the store
has acknowledged, `grew ID LENGTH TIME` for text it was handed, `ended ID LENGTH`.
"""

import os
import random
import signal
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.store import migrations
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.streaming_process import text_of
from tests.store.tree import chat_message, conversation, turn

Tell = Callable[..., None]


@dataclass
class Told:
    """What a process said before it was killed."""

    killed_at: float = 0.0
    writes: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, line: str) -> None:
        match line.split():
            case ["wrote", message]:
                self.writes.append(message)
            case ["grew", reply, length, moment]:
                self.lengths[reply].append((int(length), float(moment)))
            case ["ended", reply, length]:
                self.ends[reply] = int(length)


def stream(path: Path, chance: random.Random, tell: Tell) -> None:
    """Three replies at a time, in pieces of many sizes."""
    with ConversationStore.open(path) as store:
        while True:
            turns = [turn(conversation()) for _ in range(3)]
            replies = [reply for _, _, reply in turns]
            for saved, (_, prompt, reply) in [(store.add_turn(*each), each) for each in turns]:
                saved.result()
                tell("wrote", prompt.id)
                tell("wrote", reply.id)
            length, piece = 0, chance.choice((1, 20, 300))
            for _ in range(chance.randrange(400)):
                for reply in replies:
                    store.append_reply(reply.id, text_of(reply.id, length + piece)[length:])
                    tell("grew", reply.id, length + piece, time.monotonic())
                length += piece
                time.sleep(0.001)
            for reply in replies:
                text = text_of(reply.id, length)
                ended = replace(reply, text=text, status=MessageStatus.COMPLETE)
                store.finish_reply(ended).result()
                tell("ended", reply.id, length)


def bring_in(path: Path, chance: random.Random, tell: Tell) -> None:
    """Whole conversations, one transaction each, as an import does."""
    with ConversationStore.open(path) as store:
        while True:
            header = conversation()
            messages = [chat_message(header, None, text=chance.choice("abc") * 300)]
            for _ in range(chance.randrange(1, 60)):
                messages.append(chat_message(header, messages[-1].id, text="word " * 50))
            store.add_turn(header, *messages).result()
            for message in messages:
                tell("wrote", message.id)


def read(path: Path, chance: random.Random, tell: Tell) -> None:
    """Everything again and again, as an export does, and a little writing in between."""
    with ConversationStore.open(path) as store:
        while True:
            for each in store.conversations():
                store.messages(each.id)
            header, prompt, reply = turn(conversation(), str(chance.random()))
            store.add_turn(header, prompt, reply).result()
            tell("wrote", prompt.id)


def migrate(path: Path, _: random.Random, tell: Tell) -> None:
    """Bring a store of the first version up to date."""
    tell("begun")
    with ConversationStore.open(path):
        pass


def make_old(path: Path, count: int) -> list[str]:
    """A store of the first version; the ids of its chat messages."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    ids = [f"old-{number}" for number in range(count)]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.migrate(connection, migrations.STEPS[:1])
        connection.execute("BEGIN")
        connection.execute(
            "INSERT INTO conversation VALUES"
            " (1, 'c', 'Old', 'prompt', 's', 'm', 0, 0, NULL, 0, 0, 0, NULL, '', '', '{}')"
        )
        connection.executemany(
            "INSERT INTO chat_message VALUES (NULL, ?, 'c', NULL, 'user', 'complete', NULL, 0,"
            " '', '', NULL, NULL, NULL, NULL, '', NULL, '', ?)",
            [(name, f"{name} words " * 20) for name in ids],
        )
        connection.execute("COMMIT")
    return ids


def killed(
    path: Path, acts: list[Callable[[Path, random.Random, Tell], None]], seed: int, longest: float
) -> list[Told]:
    """Let processes do their acts on one store, and kill them at a random moment."""
    chance = random.Random(seed)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    logs = [path.with_name(f"log-{number}") for number in range(len(acts))]
    children = [
        _begun(log, act, path, random.Random(chance.random()))
        for log, act in zip(logs, acts, strict=True)
    ]
    end = time.monotonic() + 60
    while not all(log.exists() and log.stat().st_size for log in logs):
        if time.monotonic() > end:
            raise AssertionError("a process never began")
        time.sleep(0.001)
    # Not a wait for anything: the moment itself is what is tried.
    time.sleep(chance.uniform(0, longest))
    found = []
    for child, log in zip(children, logs, strict=True):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        told = Told(killed_at=time.monotonic())
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
            raise AssertionError(f"a process failed: {log.read_text()[-2000:]}")
        whole, _, _ = log.read_text().rpartition("\n")
        for line in whole.split("\n"):
            told.hear(line)
        log.unlink()
        found.append(told)
    return found


def _begun(
    log: Path,
    act: Callable[[Path, random.Random, Tell], None],
    path: Path,
    chance: random.Random,
) -> int:
    """A process with a copy of all that is imported here, which saves a start for each round."""
    child = os.fork()
    if child:
        return child
    # Whatever happens, this process must not go on as a second campaign.
    code = 1
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, sys.stderr.fileno())

        def tell(*words: object) -> None:
            os.write(descriptor, (" ".join(map(str, words)) + "\n").encode())

        act(path, chance, tell)
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(code)
