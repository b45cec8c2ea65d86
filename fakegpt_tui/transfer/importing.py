"""Conversations from files into the store, each in one transaction, and an account of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, NotSavedYet, StoreError
from fakegpt_tui.transfer.found import Found, Loaded, Skipped


class ImportStore(Protocol):
    """What importing needs of the store."""

    def conversation(self, conversation_id: str) -> Conversation | None: ...

    def messages(self, conversation_id: str) -> Sequence[ChatMessage]: ...

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]: ...


class Outcome(StrEnum):
    """What became of something that was found."""

    ADDED = "added"
    EXTENDED = "extended"
    KNOWN = "known"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Report:
    """What an import did, or would do. `left_out` is that of all that was taken.

    `trashed` counts those among the extended and the known that stay in the trash.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    messages: int = 0
    trashed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)

    def summary(self, *, dry_run: bool) -> str:
        """All of it in a line."""
        counts = self.outcomes
        return (
            f"{'To add' if dry_run else 'Added'}: "
            f"{_counted(counts[Outcome.ADDED], 'conversation')} "
            f"with {_counted(self.messages, 'new message')}. "
            f"Extended: {counts[Outcome.EXTENDED]}. Known: {counts[Outcome.KNOWN]}. "
            f"Skipped: {counts[Outcome.SKIPPED]}."
            f"{f' In the trash: {self.trashed}.' if self.trashed else ''}"
        )

    def losses(self) -> list[str]:
        """What was left out of conversations that were taken, a sentence for each kind."""
        return [f"{count} {reason}." for reason, count in self.left_out.most_common()]


class Importer:
    """Takes what was found into the store, but for what is there already.

    A conversation that is known gets the messages that it lacks; when its shown path leads into
    them, they are shown. Nothing else about it changes, so that doing it again changes nothing.
    """

    def __init__(self, store: ImportStore, *, dry_run: bool = False) -> None:
        self._store = store
        self._dry_run = dry_run
        self._would_be_there: dict[str, set[str]] = {}
        self._is_in_trouble = False
        self.report = Report()
        self.added: list[str] = []
        """The conversations that were not there before."""
        self.extended: dict[str, list[str]] = {}
        """The messages that others have got, by conversation."""

    def take(self, found: Found) -> Outcome:
        """Take one; it is on the disk when this returns.

        Raises:
            StoreError: It could not be written; what was taken before stays.
        """
        if isinstance(found, Skipped):
            return self._skip(found)
        try:
            outcome = self._taken(found)
        except StoreError as error:
            if isinstance(error, NotSavedYet) or self._is_in_trouble:
                raise
            # One that cannot be taken may be odd; two of them mean that the store is.
            self._is_in_trouble = True
            return self._skip(Skipped(found.conversation.id, str(error)))
        self._is_in_trouble = False
        self.report.outcomes[outcome] += 1
        return outcome

    def _skip(self, skipped: Skipped) -> Outcome:
        self.report.skipped.append(skipped)
        self.report.outcomes[Outcome.SKIPPED] += 1
        return Outcome.SKIPPED

    def _taken(self, found: Loaded) -> Outcome:
        known = self._store.conversation(found.conversation.id)
        there = self._ids(found.conversation.id, is_known=known is not None)
        lacking = [_ended(each) for each in found.messages if each.id not in there]
        if known is not None and known.trashed_at is not None:
            self.report.trashed += 1
        is_new = known is None and found.conversation.id not in self._would_be_there
        if not (is_new or lacking):
            return Outcome.KNOWN
        header = found.conversation if known is None else _extended(known, found)
        if self._dry_run:
            self._would_be_there[header.id] = there | {each.id for each in lacking}
        else:
            self._store.add_turn(header, *lacking).result()
            self._note(header.id, lacking, is_new=is_new)
        self.report.messages += len(lacking)
        self.report.left_out.update(found.left_out)
        return Outcome.ADDED if is_new else Outcome.EXTENDED

    def _note(self, conversation_id: str, lacking: Iterable[ChatMessage], *, is_new: bool) -> None:
        """Remember what was taken, so that it can be taken back."""
        if is_new:
            self.added.append(conversation_id)
        elif conversation_id not in self.added:
            ids = self.extended.setdefault(conversation_id, [])
            ids.extend(message.id for message in lacking)

    def _ids(self, conversation_id: str, *, is_known: bool) -> set[str]:
        """The messages that are there, or would be by now."""
        if conversation_id in self._would_be_there:
            return self._would_be_there[conversation_id]
        if not is_known:
            return set()
        return {each.id for each in self._store.messages(conversation_id)}


def _extended(known: Conversation, found: Loaded) -> Conversation:
    """What is known, with its shown path prolonged where that is all that happened."""
    leaf_id = found.conversation.leaf_id
    if known.leaf_id is not None and known.leaf_id not in _way_up(found.messages, leaf_id):
        leaf_id = known.leaf_id
    updated_at = max(known.updated_at, found.conversation.updated_at)
    return replace(known, leaf_id=leaf_id, updated_at=updated_at)


def _way_up(messages: Iterable[ChatMessage], leaf_id: str | None) -> set[str]:
    parents = {message.id: message.parent_id for message in messages}
    found: set[str] = set()
    while leaf_id is not None and leaf_id not in found:
        found.add(leaf_id)
        leaf_id = parents.get(leaf_id)
    return found


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _ended(message: ChatMessage) -> ChatMessage:
    """Nothing streams into an imported message, whatever was under way when it was saved."""
    if message.status.is_final:
        return message
    return replace(message, status=MessageStatus.INTERRUPTED)
