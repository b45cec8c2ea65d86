"""Makes a store as it is after years, quickly: `python -m tests.benchmarks.big_store PATH`."""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.store import migrations, rows
from fakegpt_tui.store.connection import open_writer, transaction
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import TIME

WORDS = 50_000
_SYLLABLES = "ba con de en for gra hi in jo ka lo me no or pre qui re sta tion un ver wo xe ya zu"


def vocabulary(count: int = WORDS) -> list[str]:
    """Words that begin alike, as words of a language do; the first are the most common."""
    syllables = _SYLLABLES.split()
    made = itertools.chain.from_iterable(
        map("".join, itertools.product(syllables, repeat=length)) for length in itertools.count(1)
    )
    words = list(itertools.islice(made, count * 3))
    random.Random(1).shuffle(words)
    return sorted(words[:count], key=len)


def texts(count: int, chance: random.Random) -> Iterator[str]:
    """Texts of about 280 characters, whose words are as unevenly common as those of a language."""
    words = vocabulary()
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    for _ in range(count):
        length = chance.randrange(5, 80)
        yield " ".join(chance.choices(words, cum_weights=weights, k=length))


def conversations(count: int) -> Iterator[Conversation]:
    chance = random.Random(2)
    for number, title in enumerate(texts(count, chance)):
        updated = TIME - timedelta(hours=number)
        yield Conversation(
            id=f"conversation-{number}",
            title=title[:40],
            service="service",
            model=f"model-{number % 5}",
            created_at=updated - timedelta(hours=1),
            updated_at=updated,
            leaf_id=None,
            pinned=number % 500 == 0,
            archived=number % 10 == 9,
        )


def messages(conversation: Conversation, found: Iterator[str], count: int) -> Iterator[ChatMessage]:
    """One chain of prompts and replies."""
    for number in range(count):
        is_reply = number % 2 == 1
        yield ChatMessage(
            id=f"{conversation.id}-{number}",
            conversation_id=conversation.id,
            parent_id=f"{conversation.id}-{number - 1}" if number else None,
            role=Role.ASSISTANT if is_reply else Role.USER,
            text=next(found),
            status=MessageStatus.COMPLETE,
            created_at=conversation.created_at + timedelta(seconds=number),
            service="service" if is_reply else "",
            model=conversation.model if is_reply else "",
        )


def make(path: Path, count: int, in_each: int) -> None:
    """A store of that many conversations with that many chat messages in each."""
    with ConversationStore.open(path):
        pass
    found = texts(count * in_each, random.Random(3))
    with closing(open_writer(path)) as connection:
        migrations.add_functions(connection)
        connection.execute("PRAGMA synchronous = OFF")
        with transaction(connection):
            for each in conversations(count):
                header = rows.CONVERSATION.encode(each)
                made = [rows.encode_message(one) for one in messages(each, found, in_each)]
                whole = [{**one, "owner": None, "checksum": rows.row_checksum(one)} for one in made]
                last = {**header, "leaf_id": f"{each.id}-{in_each - 1}"}
                connection.execute(rows.insert_statement("conversation", last), last)
                connection.executemany(rows.insert_statement("chat_message", whole[0]), whole)
            for statement in migrations.FILL_INDEX.values():
                connection.execute(statement)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=100, help="in each conversation")
    chosen = parser.parse_args()
    began = time.monotonic()
    make(chosen.path, chosen.conversations, chosen.messages)
    size = chosen.path.stat().st_size / 2**20
    sys.stdout.write(f"{chosen.path}: {size:.0f} MB in {time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    main()
