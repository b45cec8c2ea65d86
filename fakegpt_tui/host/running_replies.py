"""Running replies: what ends them from outside, all of them, one, or those of one access key."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.request_log import RequestRecord


@dataclass(frozen=True, slots=True, eq=False)
class RunningReply:
    """A reply under way, with a future of why it should end. `group` is its key or account."""

    group: str
    record: RequestRecord
    ending: asyncio.Future[str]

    def end(self, sentence: str) -> None:
        if not self.ending.done():
            self.ending.set_result(sentence)


@dataclass(slots=True)
class RunningReplies:
    """The replies under way in one event loop."""

    _replies: set[RunningReply] = field(default_factory=set, init=False)
    _stopped: str = field(default="", init=False)

    def __len__(self) -> int:
        return len(self._replies)

    def __iter__(self) -> Iterator[RunningReply]:
        return iter(sorted(self._replies, key=lambda reply: reply.record.at))

    def join(self, group: str, record: RequestRecord) -> "JoinedReply":
        """A block that counts as a reply.

        Its future is done, with a sentence, when the reply has to end.
        """
        ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self._stopped:
            ending.set_result(self._stopped)
        return JoinedReply(self._replies, RunningReply(group, record, ending))

    def stop(self, sentence: str) -> None:
        """End all replies, also those that are still to begin."""
        self._stopped = sentence
        self.end(lambda _: True, sentence)

    def end(self, is_meant: Callable[[RunningReply], bool], sentence: str) -> int:
        """End some replies; how many they are."""
        meant = [reply for reply in self._replies if is_meant(reply)]
        for reply in meant:
            reply.end(sentence)
        return len(meant)

    def end_unusable(self, keys: KeyRing) -> None:
        """End the replies under keys that were revoked or deleted; a key that expires ends none."""

        def is_unusable(reply: RunningReply) -> bool:
            key = keys.get(reply.group)
            return key is None or key.revoked_at is not None

        self.end(is_unusable, "The access key was revoked.")


class JoinedReply:
    """One of the replies under way while its block runs."""

    def __init__(self, replies: set[RunningReply], reply: RunningReply) -> None:
        self._replies = replies
        self._reply = reply

    def __enter__(self) -> asyncio.Future[str]:
        self._replies.add(self._reply)
        return self._reply.ending

    def __exit__(self, *_: object) -> None:
        self._replies.discard(self._reply)
        self._reply.ending.cancel()
