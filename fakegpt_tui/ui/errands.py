"""What takes long and goes on beside everything else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fakegpt_tui.chat.headway import Account, Headway


@dataclass(slots=True)
class Errand:
    """Something to be run, how far it is, and what came of it once it is over.

    `then` is what a person may want next, in the words of a button.
    """

    title: str
    run: Callable[[Headway], Awaitable[Account]]
    then: "tuple[str, Errand] | None" = None
    headway: Headway = field(default_factory=Headway)
    account: Account | None = None
