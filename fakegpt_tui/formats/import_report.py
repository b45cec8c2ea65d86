"""Reports of imports: what each is about to write, what became of it, and what was left out."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.formats.archives import READ_SUFFIXES
from fakegpt_tui.formats.base import Loss, SkippedItem

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChange:
    """What an import is about to write: a conversation, new where there is none `before`.

    `added` are the ids of its new messages, and `replaced` other messages as they are until then.
    A `folder` is one that is made.
    """

    before: Conversation | None = None
    after: Conversation | None = None
    added: Sequence[str] = ()
    replaced: Sequence[ChatMessage] = ()
    folder: str = ""


class ImportOutcome(StrEnum):
    """What became of something that was found."""

    ADDED = "added"
    EXTENDED = "extended"
    KNOWN = "known"
    SKIPPED = "skipped"
    EMPTY = "empty"


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do. `left_out` counts losses of what was taken.

    `trashed` counts those among the extended and the known that stay in the trash. Of the `files`
    that were looked at, `refused` could not be read, each with a reason; those that were found in
    a folder and hold no conversation are `passed_over`. `unopened` counts others there.
    """

    outcomes: Counter[ImportOutcome] = field(default_factory=Counter)
    messages: int = 0
    trashed: int = 0
    left_out: Counter[Loss] = field(default_factory=Counter)
    skipped: list[SkippedItem] = field(default_factory=list)
    refused: list[SkippedItem] = field(default_factory=list)
    files: int = 0
    unopened: int = 0
    passed_over: list[str] = field(default_factory=list)

    @property
    def took_nothing(self) -> bool:
        """Was there something to look at, or should there have been, and nothing could be taken?"""
        taken = (ImportOutcome.ADDED, ImportOutcome.EXTENDED, ImportOutcome.KNOWN)
        is_lost = self.outcomes[ImportOutcome.SKIPPED] or self.passed_over or not self.files
        return bool(is_lost) and not any(self.outcomes[each] for each in taken)

    def summary(self, *, dry_run: bool) -> str:
        """All of it in a line."""
        counts = self.outcomes
        added = _count(counts[ImportOutcome.ADDED], "conversation")
        others = {
            "Extended": counts[ImportOutcome.EXTENDED],
            "Already there": counts[ImportOutcome.KNOWN],
            "Skipped": counts[ImportOutcome.SKIPPED],
            "Empty": counts[ImportOutcome.EMPTY],
            "In the trash": self.trashed,
        }
        told = "".join(f" {what}: {count}." for what, count in others.items() if count)
        verb = "To add" if dry_run else "Added"
        return f"{verb}: {added} with {_count(self.messages, 'new message')}.{told}"

    def loss_sentences(self) -> list[str]:
        """A sentence for each kind of loss in conversations that were taken."""
        losses = sorted(self.left_out.items(), key=lambda each: (-each[1], each[0]))
        told = [loss.counted(count) for loss, count in losses]
        looked = f"{_count(self.files, 'file')} looked at"
        if passed := len(self.passed_over):
            looked += f", {passed} of them passed over: no known conversations"
        if self.unopened or not self.files:
            looked += f". {_count(self.unopened, 'file')} not looked at: {_OPENED}"
        if passed or self.unopened or not self.files:
            told.append(f"{looked}.")
        return told

    def log(self, *, dry_run: bool) -> None:
        """Write the counts to the log, which is told no names and titles."""
        _LOG.info(
            "An import ended. %s %s looked at, %d refused, %d passed over, %d not looked at",
            self.summary(dry_run=dry_run), _count(self.files, "file"),
            len(self.refused), len(self.passed_over), self.unopened,
        )  # fmt: skip

    def skip_reasons(self) -> list[SkippedItem]:
        """What was skipped, and why; where several files were looked at, also in which of them."""
        if self.files <= 1:
            return self.skipped
        return [
            replace(each, reason=f"{each.file}: {each.reason}") if each.file else each
            for each in self.skipped
        ]


_OPENED = f"names of files with conversations end in {', '.join(READ_SUFFIXES)}, or in nothing"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
