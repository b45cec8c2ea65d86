"""How far something long has come, and what came of it."""

from dataclasses import dataclass


@dataclass(slots=True)
class JobProgress:
    """So much is `done` of a `total`; whoever sets `stopped` has it end soon.

    It is shared with the thread that does it.
    """

    done: int = 0
    total: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came of it in a line, and what a person should know beside, in sentences."""

    summary: str
    details: tuple[str, ...] = ()
