"""A conversation's tree in the order in which people read it: the shown path, then the rest."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.formats.fields import FormatError


@dataclass(frozen=True, slots=True)
class OtherBranch:
    """Chat messages that follow each other, and what the first of them follows."""

    after: ChatMessage | None
    messages: tuple[ChatMessage, ...]


class ReadingOrder:
    """The chat messages of a conversation, in an order that has parents first."""

    def __init__(self, messages: Sequence[ChatMessage], leaf_id: str | None) -> None:
        self.messages = tuple(messages)
        self._by_id = {message.id: message for message in messages}
        self._children: dict[str | None, list[ChatMessage]] = {}
        for message in messages:
            self._children.setdefault(self._parent_id(message), []).append(message)
        self._leaf_id = leaf_id

    def path(self) -> tuple[ChatMessage, ...]:
        """From a root to the leaf; a leaf that is gone is taken for the newest message."""
        newest = self.messages[-1].id if self.messages else None
        step = self._leaf_id if self._leaf_id in self._by_id else newest
        left = dict(self._by_id)
        upwards = []
        # Taking each message out ends a circle of parents.
        while step is not None and (message := left.pop(step, None)) is not None:
            upwards.append(message)
            step = message.parent_id
        return tuple(reversed(upwards))

    def other_runs(self) -> Iterator[OtherBranch]:
        """What the path leaves out, each way down from where it leaves what came before."""
        placed = {message.id for message in self.path()}
        for message in self.messages:
            if message.id not in placed:
                messages = tuple(self._downwards(message, placed))
                yield OtherBranch(self._by_id.get(message.parent_id or ""), messages)

    def variant(self, message: ChatMessage) -> tuple[int, int]:
        """Which of how many variants it is, counted from 1."""
        variants = [each.id for each in self._children[self._parent_id(message)]]
        return variants.index(message.id) + 1, len(variants)

    def _downwards(self, message: ChatMessage, placed: set[str]) -> Iterator[ChatMessage]:
        step: ChatMessage | None = message
        while step is not None:
            placed.add(step.id)
            yield step
            children = self._children.get(step.id, ())
            step = next((child for child in children if child.id not in placed), None)

    def _parent_id(self, message: ChatMessage) -> str | None:
        return message.parent_id if message.parent_id in self._by_id else None


def select_messages(
    messages: Iterable[ChatMessage], ids: Collection[str]
) -> tuple[ChatMessage, ...]:
    """The chat messages of these ids, each after the nearest of them that it came from.

    `messages` are the whole tree, parents first.
    """
    nearest: dict[str | None, str | None] = {}
    found = []
    for message in messages:
        parent_id = nearest.get(message.parent_id)
        if message.id in ids:
            found.append(replace(message, parent_id=parent_id))
        nearest[message.id] = message.id if message.id in ids else parent_id
    return tuple(found)


def validate_tree(messages: Iterable[ChatMessage], leaf_id: str | None) -> None:
    """Refuse what is no tree with parents first.

    Raises:
        Misfit: An id is there twice, or one that is named is not there.
    """
    seen: set[str] = set()
    for message in messages:
        if message.id in seen:
            raise FormatError("holds two messages of the same id")
        if message.parent_id is not None and message.parent_id not in seen:
            raise FormatError("lacks the message that another one follows")
        seen.add(message.id)
    if seen and leaf_id is not None and leaf_id not in seen:
        raise FormatError("lacks the message that its shown path ends in")
