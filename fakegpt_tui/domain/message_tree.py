"""Message tree: paths, variants, branches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from fakegpt_tui.domain.conversations import ChatMessage, Role
from fakegpt_tui.fast_import import dataclass


class TreeNode(Protocol):
    """What a tree needs of a message: its id, and the id of the message that it follows."""

    @property
    def id(self) -> str: ...

    @property
    def parent_id(self) -> str | None: ...


N = TypeVar("N", bound=TreeNode)


@dataclass(frozen=True, slots=True)
class Variants:
    """The siblings of a message, oldest first, of which it is number `position`, from 1."""

    position: int
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A line of a tree view: a turn, and the graph lines to its left.

    `messages` are a prompt and its reply, or one of them where there is no other. A prompt with
    several replies has a row for each. `variants` are those of the reply, or else of the prompt.
    """

    messages: tuple[ChatMessage, ...]
    graph: str
    variants: Variants
    is_shown: bool

    @property
    def message(self) -> ChatMessage:
        """What the turn ends with."""
        return self.messages[-1]


class Tree(Generic[N]):
    """Messages by id and by parent, in the order in which they were added.

    Hidden messages stay in the tree, and are no part of paths, variants or subtrees.
    """

    def __init__(self, messages: Iterable[N] = ()) -> None:
        self._messages: dict[str, N] = {}
        self._children: dict[str | None, list[str]] = {}
        for message in messages:
            self.put(message)

    def is_hidden(self, message: N) -> bool:  # noqa: ARG002 - for subclasses
        return False

    def put(self, message: N) -> None:
        """Add a message, or replace the one with its id."""
        if message.id not in self._messages:
            self._children.setdefault(message.parent_id, []).append(message.id)
        self._messages[message.id] = message

    def remove(self, message_id: str) -> None:
        """Remove a message that has no children."""
        message = self._messages.pop(message_id, None)
        if message is not None:
            self._children[message.parent_id].remove(message_id)

    def get(self, message_id: str | None) -> N | None:
        """The message with that id, hidden or not."""
        return None if message_id is None else self._messages.get(message_id)

    def __iter__(self) -> Iterator[N]:
        return iter(self._messages.values())

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._messages

    def upwards(self, message_id: str | None) -> Iterator[N]:
        """A message and all above it, hidden ones included, up to the root."""
        # Each message is visited once, which ends a circle of parents in a damaged store.
        visited: set[str] = set()
        while (message := self.get(message_id)) is not None and message.id not in visited:
            visited.add(message.id)
            yield message
            message_id = message.parent_id

    def path(self, leaf_id: str | None) -> tuple[N, ...]:
        """The messages from the root to a leaf.

        It ends above the first hidden message. A leaf that is not in the tree is replaced by the
        newest message.
        """
        if leaf_id is not None and leaf_id not in self._messages:
            newest_first = reversed(self._messages.values())
            leaf_id = next((each.id for each in newest_first if not self.is_hidden(each)), None)
        upwards: list[N] = []
        for message in self.upwards(leaf_id):
            if self.is_hidden(message):
                upwards.clear()
            else:
                upwards.append(message)
        return tuple(reversed(upwards))

    def children(self, parent_id: str | None) -> list[str]:
        ids = self._children.get(parent_id, ())
        return [each for each in ids if not self.is_hidden(self._messages[each])]

    def variants(self, message: N) -> Variants:
        ids = tuple(self.children(message.parent_id))
        position = ids.index(message.id) + 1 if message.id in ids else 0
        return Variants(position, len(ids), ids)

    def forks(self, path: Iterable[N]) -> dict[str, Variants]:
        """The variants of those messages of a path that have any."""
        siblings = self._children.get
        several = (each for each in path if len(siblings(each.parent_id, ())) > 1)
        found = {each.id: self.variants(each) for each in several}
        return {each: variants for each, variants in found.items() if variants.count > 1}

    def latest_leaf(self, message_id: str, last_shown: Mapping[str, str]) -> str:
        """The leaf that was last shown below a message, or else the newest one."""
        while children := self.children(message_id):
            shown = last_shown.get(message_id)
            message_id = shown if shown in children else children[-1]
        return message_id

    def subtree(self, message_id: str) -> list[N]:
        """A message and all below it, parents first."""
        found: list[N] = []
        pending = [message_id]
        while pending:
            step = pending.pop()
            found.append(self._messages[step])
            pending.extend(reversed(self.children(step)))
        return found

    def branches_beside(self, path: Iterable[N]) -> Iterator[tuple[N, ...]]:
        """What a path leaves out: one branch for each place where it was left."""
        placed = {message.id for message in path}
        for message in self:
            step: N | None = message
            branch: list[N] = []
            while step is not None and step.id not in placed:
                placed.add(step.id)
                branch.append(step)
                rest = (each for each in self.children(step.id) if each not in placed)
                step = self.get(next(rest, None))
            if branch:
                yield tuple(branch)


class MessageTree(Tree[ChatMessage]):
    """The chat messages of one conversation; those in the trash are hidden, unless `with_trash`."""

    def __init__(self, messages: Iterable[ChatMessage] = (), *, with_trash: bool = False) -> None:
        super().__init__(messages)
        self._with_trash = with_trash

    def is_hidden(self, message: ChatMessage) -> bool:
        return message.trashed_at is not None and not self._with_trash

    def trashed_together(self, message_id: str) -> list[ChatMessage]:
        """What was trashed at the same time as this message, and every trashed message above it."""
        trashed_at = self._messages[message_id].trashed_at
        above = [each for each in self.upwards(message_id) if self.is_hidden(each)]
        found = {each.id: each for each in reversed(above)}
        pending = [message_id]
        while pending:
            for each in self._children.get(pending.pop(), ()):
                if self._messages[each].trashed_at == trashed_at:
                    found[each] = self._messages[each]
                    pending.append(each)
        return list(found.values())

    def trashed_roots(self) -> list[ChatMessage]:
        """The topmost message of each group that was trashed together."""
        return [
            each
            for each in self
            if each.trashed_at is not None
            and (
                (parent := self.get(each.parent_id)) is None or parent.trashed_at != each.trashed_at
            )
        ]

    def turn_rows(self, leaf_id: str | None) -> tuple[TurnRow, ...]:
        """The whole tree, each turn above what follows it; branches alone are indented."""
        shown = {each.id for each in self.path(leaf_id)}
        rows: list[TurnRow] = []
        pending = _placed(self._turns(None), "")
        while pending:
            turn, graph, indent = pending.pop()
            last = turn[-1]
            variants = self.variants(last)
            if variants.count == 1:
                variants = self.variants(turn[0])
            rows.append(TurnRow(turn, graph, variants, last.id in shown))
            is_prompt_alone = len(turn) == 1 and last.role is Role.USER
            pending += _placed(self._turns(last.id, only_prompts=is_prompt_alone), indent)
        return tuple(rows)

    def _turns(
        self, parent_id: str | None, *, only_prompts: bool = False
    ) -> list[tuple[ChatMessage, ...]]:
        """The turns that follow a message; of a prompt without a reply, `only_prompts` do."""
        found: list[tuple[ChatMessage, ...]] = []
        for each in self.children(parent_id):
            message = self._messages[each]
            is_prompt = message.role is Role.USER
            if only_prompts and not is_prompt:
                continue
            below = [self._messages[child] for child in self.children(each)] if is_prompt else []
            replies = [child for child in below if child.role is not Role.USER]
            found += [(message, reply) for reply in replies]
            if not replies or len(replies) < len(below):
                found.append((message,))
        return found


def _placed(
    turns: Sequence[tuple[ChatMessage, ...]], indent: str
) -> list[tuple[tuple[ChatMessage, ...], str, str]]:
    """Turns with their graph lines and the indentation of what follows them, the first one last."""
    if len(turns) == 1:
        return [(turns[0], indent, indent)]
    placed = [(turn, f"{indent}├─", f"{indent}│ ") for turn in turns[:-1]]
    placed += [(turn, f"{indent}└─", f"{indent}  ") for turn in turns[-1:]]
    return placed[::-1]
