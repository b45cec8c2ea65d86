"""A process that attaches pictures until it is killed: `PATH SEED CALLS`.

It ends itself with SIGKILL before that many calls of C functions in its threads, so that every step
between two system calls is met.
"""

import os
import random
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType

from fakegpt_tui.domain import Draft, MessageStatus, QueuedPrompt
from fakegpt_tui.domain.parts import Attachment, ImagePart, TextSpan
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import png
from tests.store.tree import conversation, turn


def die_after(calls: int) -> None:
    left = [calls]

    def watch(_frame: FrameType, event: str, _argument: object) -> None:
        if event == "c_call":
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(watch)
    sys.setprofile(watch)


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def main(path: Path, seed: int, calls: int) -> None:
    chance = random.Random(seed)
    die_after(calls)
    with ConversationStore.open(path) as store:
        for number in range(100):
            # Few different ones, so that the same bytes are put, used and freed again.
            blob = store.put_blob(png(4, 3) + bytes([chance.randrange(6)]))
            part = ImagePart(blob, "a.png")
            header, prompt, reply = turn(conversation(), "Look")
            held = Attachment("1", part, "path")
            store.save_draft(Draft(header.id, "Look", (0, 4), (held,)))
            store.save_queue(header.id, [QueuedPrompt("q", header.id, "x", (part,))])
            store.add_turn(header, replace(prompt, parts=(part, TextSpan(4))), reply).result()
            say("saved", header.id)
            store.append_reply(reply.id, "Here:")
            store.append_part(reply.id, part)
            if number % 3:
                ended = replace(
                    reply, text="Here:", parts=(TextSpan(5), part), status=MessageStatus.COMPLETE
                )
                store.finish_reply(ended)
            if number % 4 == 0:
                store.delete_conversation(header.id).result()
                say("deleted", header.id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
