"""Running replies: what ends them from outside, all of them or those of one access key."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fakegpt_tui.host.access_keys import KeyRing


@dataclass(slots=True)
class RunningReplies:
    """The replies under way in one event loop, each with a future of why it should end."""

    _endings: dict[str, set[asyncio.Future[str]]] = field(default_factory=dict, init=False)
    _stopped: str = field(default="", init=False)

    def __len__(self) -> int:
        return sum(map(len, self._endings.values()))

    @contextmanager
    def join(self, key_id: str) -> Iterator[asyncio.Future[str]]:
        """Count a reply; the future is done, with a sentence, when the reply has to end."""
        ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self._stopped:
            ending.set_result(self._stopped)
        group = self._endings.setdefault(key_id, set())
        group.add(ending)
        try:
            yield ending
        finally:
            group.discard(ending)
            ending.cancel()
            if not group:
                self._endings.pop(key_id, None)

    def stop(self, sentence: str) -> None:
        """End all replies, also those that are still to begin."""
        self._stopped = sentence
        for key_id in list(self._endings):
            self._end(key_id, sentence)

    def end_unusable(self, keys: KeyRing) -> None:
        """End the replies under keys that were revoked or deleted; a key that expires ends none."""
        for key_id in list(self._endings):
            key = keys.get(key_id)
            if key is None or key.revoked_at is not None:
                self._end(key_id, "The access key was revoked.")

    def _end(self, key_id: str, sentence: str) -> None:
        for ending in self._endings[key_id]:
            if not ending.done():
                ending.set_result(sentence)
