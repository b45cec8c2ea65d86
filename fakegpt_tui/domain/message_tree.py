"""Message tree: paths, variants, branches."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fakegpt_tui.domain import ChatMessage


@dataclass(frozen=True, slots=True)
class Variants:
    """The siblings of a chat message, oldest first, of which it is number `position` from 1."""

    position: int
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A line of a tree view, top down; `depth` counts the forks on the way here."""

    message: ChatMessage
    depth: int
    variants: Variants
    is_shown: bool


class MessageTree:
    """Chat messages by id and by parent, in the order in which they came.

    What is in the trash is kept, and is no part of any path, variants or subtree, unless the tree
    is made `with_trash`.
    """

    def __init__(self, messages: Iterable[ChatMessage] = (), *, with_trash: bool = False) -> None:
        self._with_trash = with_trash
        self._messages: dict[str, ChatMessage] = {}
        self._children: dict[str | None, list[str]] = {}
        for message in messages:
            self.put(message)

    def put(self, message: ChatMessage) -> None:
        """Add a chat message, or let it take the place of the one with its id."""
        if message.id not in self._messages:
            self._children.setdefault(message.parent_id, []).append(message.id)
        self._messages[message.id] = message

    def remove(self, message_id: str) -> None:
        """Take out a chat message that was never saved, and has no children."""
        message = self._messages.pop(message_id, None)
        if message is not None:
            self._children[message.parent_id].remove(message_id)

    def get(self, message_id: str | None) -> ChatMessage | None:
        """The chat message with that id, in the trash or not."""
        return None if message_id is None else self._messages.get(message_id)

    def __iter__(self) -> Iterator[ChatMessage]:
        return iter(self._messages.values())

    def path(self, leaf_id: str | None) -> tuple[ChatMessage, ...]:
        """The way from the root to a leaf.

        Where the leaf is in the trash it ends above that. A leaf that is gone is taken for the
        newest message.
        """
        if leaf_id is not None and leaf_id not in self._messages:
            leaf_id = next((each.id for each in reversed(list(self)) if not each.trashed_at), None)
        upwards: list[ChatMessage] = []
        for message in self._upwards(leaf_id):
            if self._is_there(message):
                upwards.append(message)
            else:
                upwards.clear()
        return tuple(reversed(upwards))

    def children(self, parent_id: str | None) -> list[str]:
        return [
            each
            for each in self._children.get(parent_id, ())
            if self._is_there(self._messages[each])
        ]

    def variants(self, message: ChatMessage) -> Variants:
        ids = tuple(self.children(message.parent_id))
        position = ids.index(message.id) + 1 if message.id in ids else 0
        return Variants(position, len(ids), ids)

    def forks(self, path: Iterable[ChatMessage]) -> dict[str, Variants]:
        """The variants of those messages of a path that have any."""
        siblings = self._children.get
        several = (each for each in path if len(siblings(each.parent_id, ())) > 1)
        found = {each.id: self.variants(each) for each in several}
        return {each: variants for each, variants in found.items() if variants.count > 1}

    def latest_leaf(self, message_id: str, last_shown: Mapping[str, str]) -> str:
        """The leaf that was shown last below a message, or else the newest one."""
        while children := self.children(message_id):
            shown = last_shown.get(message_id)
            message_id = shown if shown in children else children[-1]
        return message_id

    def subtree(self, message_id: str) -> list[ChatMessage]:
        """A message and all that is below it, parents first."""
        found: list[ChatMessage] = []
        waiting = [message_id]
        while waiting:
            step = waiting.pop()
            found.append(self._messages[step])
            waiting.extend(reversed(self.children(step)))
        return found

    def trashed_together(self, message_id: str) -> list[ChatMessage]:
        """What came into the trash together with this message, and all trash above it."""
        thrown = self._messages[message_id].trashed_at
        above = [each for each in self._upwards(message_id) if each.trashed_at is not None]
        found = {each.id: each for each in reversed(above)}
        waiting = [message_id]
        while waiting:
            for each in self._children.get(waiting.pop(), ()):
                if self._messages[each].trashed_at == thrown:
                    found[each] = self._messages[each]
                    waiting.append(each)
        return list(found.values())

    def trashed_roots(self) -> list[ChatMessage]:
        """The topmost message of all that came into the trash together."""
        return [
            each
            for each in self
            if each.trashed_at is not None
            and (
                (parent := self.get(each.parent_id)) is None or parent.trashed_at != each.trashed_at
            )
        ]

    def rows(self, leaf_id: str | None) -> tuple[TreeRow, ...]:
        """All of the tree, each message above what follows it."""
        shown = {each.id for each in self.path(leaf_id)}
        rows: list[TreeRow] = []
        waiting = [(each, 0) for each in reversed(self.children(None))]
        while waiting:
            step, depth = waiting.pop()
            message = self._messages[step]
            variants = self.variants(message)
            depth += variants.count > 1
            rows.append(TreeRow(message, depth, variants, step in shown))
            waiting.extend((each, depth) for each in reversed(self.children(step)))
        return tuple(rows)

    def branches_beside(self, path: Iterable[ChatMessage]) -> Iterator[tuple[ChatMessage, ...]]:
        """What a path leaves out: each way down from where it leaves what came before."""
        placed = {message.id for message in path}
        for message in self:
            step: ChatMessage | None = message
            branch: list[ChatMessage] = []
            while step is not None and step.id not in placed:
                placed.add(step.id)
                branch.append(step)
                left = (each for each in self.children(step.id) if each not in placed)
                step = self.get(next(left, None))
            if branch:
                yield tuple(branch)

    def _is_there(self, message: ChatMessage) -> bool:
        return self._with_trash or message.trashed_at is None

    def _upwards(self, message_id: str | None) -> Iterator[ChatMessage]:
        # Met once each, which ends a circle of parents that only damage can make.
        met: set[str] = set()
        while (message := self.get(message_id)) is not None and message.id not in met:
            met.add(message.id)
            yield message
            message_id = message.parent_id
