"""Admitted reply: the block in which a reply counts as one, and what it took when it is over."""

from typing import Protocol

from fakegpt_tui.host.access_keys import KeyLimits
from fakegpt_tui.host.tally import Tally


class Leases(Protocol):
    """Gives leases, and takes them back."""

    async def begin(self, key_id: str, limits: KeyLimits, reserved: int, /) -> str:
        """Reserve tokens, and hold a lease, whose id is returned."""
        ...

    async def finish(self, key_id: str, limits: KeyLimits, lease: str, tokens: int, /) -> None:
        """Settle how many tokens more than reserved there were, and end a lease."""
        ...


class AdmittedReply:
    """Holds the lease of one reply while its block runs, or until `end`."""

    def __init__(
        self, leases: Leases, key_id: str, limits: KeyLimits, tally: Tally, reserved: int
    ) -> None:
        self._leases = leases
        self._key_id = key_id
        self._limits = limits
        self._tally = tally
        self._reserved = reserved
        self._lease = ""

    async def __aenter__(self) -> Tally:
        self._lease = await self._leases.begin(self._key_id, self._limits, self._reserved)
        return self._tally

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> None:
        """End the lease before the block does."""
        lease, self._lease = self._lease, ""
        if lease:
            tokens = self._tally.tokens - self._reserved
            await self._leases.finish(self._key_id, self._limits, lease, tokens)
