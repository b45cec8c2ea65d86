"""What takes long and goes on beside everything else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fakegpt_tui.chat.jobs import JobProgress, JobResult


@dataclass(slots=True)
class Job:
    """Something to be run, how far it is, and what came of it once it is over.

    `then` is what a person may want next, in the words of a button.
    """

    title: str
    run: Callable[[JobProgress], Awaitable[JobResult]]
    follow_up: "tuple[str, Job] | None" = None
    progress: JobProgress = field(default_factory=JobProgress)
    result: JobResult | None = None
