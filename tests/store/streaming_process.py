"""Streams replies into a store until it is killed, and tells what it has done.

Each line of standard output is one fact, written after it has become true: `turn ID` and
`end ID` for what the store has acknowledged, `grew ID LENGTH TIME` for what it was handed.
"""

import random
import sys
import time
from dataclasses import replace
from pathlib import Path

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.store.tree import conversation, turn


def text_of(reply_id: str, length: int) -> str:
    """The first `length` characters of what that reply says."""
    count = length // len(reply_id) + 1
    return "".join(f"{reply_id}ü{number}" for number in range(count))[:length]


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def stream(path: Path, seed: int, pieces: tuple[int, ...]) -> None:
    chance = random.Random(seed)
    with ConversationStore.open(path) as store:
        while True:
            replies = [turn(conversation()) for _ in range(3)]
            for saved, (_, _, reply) in [(store.add_turn(*each), each) for each in replies]:
                saved.result()
                tell("turn", reply.id)
            length, piece = 0, chance.choice(pieces)
            for _ in range(chance.randrange(400) if len(pieces) > 1 else 10**6):
                for _, _, reply in replies:
                    whole = text_of(reply.id, length + piece)
                    store.append_reply(reply.id, whole[length:])
                    tell("grew", reply.id, length + piece, time.monotonic())
                length += piece
                time.sleep(0.001)
            for _, _, reply in replies:
                text = text_of(reply.id, length)
                ended = replace(reply, text=text, status=MessageStatus.COMPLETE)
                store.finish_reply(ended).result()
                tell("end", reply.id, length)


if __name__ == "__main__":
    stream(Path(sys.argv[1]), int(sys.argv[2]), tuple(map(int, sys.argv[3:])))
