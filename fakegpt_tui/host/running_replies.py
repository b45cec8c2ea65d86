"""Running replies: what ends them from outside: the host, a revoked key, a client that leaves."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.types import Scope

from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.exchange import GONE
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


class WhileListening:
    """Leaves its block when the client has left, or when `ending` says why the reply has to end.

    The block is cancelled where it waits, as `asyncio.timeout` does it; that costs less than to
    have it in a task of its own, of which each reply would need one.
    """

    def __init__(self, scope: Scope, ending: asyncio.Future[str]) -> None:
        self._gone: asyncio.Future[None] = scope["extensions"][GONE]
        self._ending = ending
        self._is_interrupted = False
        self.sentence = ""
        """Why the block was left though the client is there; empty if it came to its end."""

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a client is listened to in a task")
        self._task, self._cancelling = task, task.cancelling()
        self._gone.add_done_callback(self._interrupt)
        self._ending.add_done_callback(self._interrupt)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> bool:
        self._gone.remove_done_callback(self._interrupt)
        self._ending.remove_done_callback(self._interrupt)
        is_ours = self._is_interrupted and self._task.uncancel() <= self._cancelling
        self._is_interrupted = True  # What has been called already has nothing left to do.
        if not (is_ours and kind is asyncio.CancelledError):
            return False
        if not self._gone.done():
            self.sentence = self._ending.result()
        return True

    def _interrupt(self, _: asyncio.Future[Any]) -> None:
        if not self._is_interrupted:
            self._is_interrupted = True
            self._task.cancel()
