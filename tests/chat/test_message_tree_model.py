"""Any sequence of what a person can do with a conversation, against a plain model of it."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import MessageStatus, Role
from tests.chat.fake_chat import run, says, service_of

pick = st.integers(0, 1000)
words = st.text("ab ", min_size=1, max_size=4)


@dataclass
class Node:
    parent: str | None
    role: Role
    text: str
    is_trashed: bool = False


@dataclass
class Model:
    """The tree as a person would draw it."""

    nodes: dict[str, Node] = field(default_factory=dict)
    leaf: str | None = None
    last_shown: dict[str | None, str] = field(default_factory=dict)
    deletions: list[tuple[list[str], str | None]] = field(default_factory=list)

    def children(self, parent: str | None) -> list[str]:
        return [
            each
            for each, node in self.nodes.items()
            if node.parent == parent and not node.is_trashed
        ]

    def path(self, leaf: str | None) -> list[str]:
        return [] if leaf is None else [*self.path(self.nodes[leaf].parent), leaf]

    def below(self, node: str) -> list[str]:
        return [node, *(each for child in self.children(node) for each in self.below(child))]

    def leave(self) -> None:
        for each in self.path(self.leaf):
            self.last_shown[self.nodes[each].parent] = each

    def show(self, node: str | None) -> None:
        self.leave()
        while node is not None and (children := self.children(node)):
            last = self.last_shown.get(node)
            node = last if last in children else children[-1]
        self.leaf = node


class Conversations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chat, self.store, self.backend = service_of()
        self.id = self.chat.conversations.create().id
        self.model = Model()
        self.count = 0

    @property
    def live(self) -> list[str]:
        return [each for each, node in self.model.nodes.items() if not node.is_trashed]

    def chosen(self, number: int, role: Role | None = None) -> str | None:
        found = [each for each in self.live if role in (None, self.model.nodes[each].role)]
        return found[number % len(found)] if found else None

    def take(self, turn: Turn) -> None:
        self.count += 1
        self.backend.enqueue(says(f"reply {self.count}"))
        asyncio.run(run(self.chat, turn))
        assert turn.reply.status is MessageStatus.COMPLETE
        for message in (turn.prompt, turn.reply):
            node = Node(message.parent_id, message.role, message.text)
            self.model.nodes.setdefault(message.id, node)
        self.model.leave()
        self.model.leaf = turn.reply.id

    @rule(text=words)
    def ask(self, text: str) -> None:
        leaf = self.model.leaf
        turn = self.chat.turns.new(self.chat.conversations.get(self.id), text)
        assert turn.prompt.parent_id == leaf
        self.take(turn)

    @rule(number=pick, text=words)
    def edit(self, number: int, text: str) -> None:
        if (prompt := self.chosen(number, Role.USER)) is not None:
            turn = self.chat.turns.edit(self.id, prompt, text)
            assert turn.prompt.parent_id == self.model.nodes[prompt].parent
            self.take(turn)

    @rule(number=pick)
    def regenerate(self, number: int) -> None:
        if (message := self.chosen(number)) is not None:
            node = self.model.nodes[message]
            turn = self.chat.turns.regenerate(self.id, message)
            assert turn.reply.parent_id == (message if node.role is Role.USER else node.parent)
            self.take(turn)

    @rule(number=pick)
    def continue_reply(self, number: int) -> None:
        if (reply := self.chosen(number, Role.ASSISTANT)) is not None:
            turn = self.chat.turns.continue_reply(self.id, reply)
            self.take(turn)
            assert turn.reply.text == f"{self.model.nodes[reply].text}reply {self.count}"

    @rule(number=pick)
    def show(self, number: int) -> None:
        if (message := self.chosen(number)) is not None:
            self.chat.messages.show_variant(self.id, message)
            self.model.show(message)

    @rule(number=pick)
    def delete(self, number: int) -> None:
        if (message := self.chosen(number)) is None:
            return
        gone = self.model.below(message)
        siblings = self.model.children(self.model.nodes[message].parent)
        place = siblings.index(message)
        others = siblings[:place][::-1] + siblings[place + 1 :]
        self.model.deletions.append((gone, self.model.leaf))
        assert self.chat.messages.trash(self.id, message) == len(gone)
        for each in gone:
            self.model.nodes[each].is_trashed = True
        if self.model.leaf in gone:
            self.model.show(others[0] if others else self.model.nodes[message].parent)

    @precondition(lambda self: self.model.deletions)
    @rule()
    def undo(self) -> None:
        gone, leaf = self.model.deletions.pop()
        assert "deleted" in (self.chat.history.undo(self.id) or "")
        for each in gone:
            self.model.nodes[each].is_trashed = False
        self.model.leaf = leaf

    @rule(number=pick)
    def branch(self, number: int) -> None:
        if (message := self.chosen(number)) is not None:
            branch = self.chat.actions.branch(self.id, message)
            told = [self.model.nodes[each].text for each in self.model.path(message)]
            assert [each.text for each in self.chat.messages.path(branch.id)] == told
            # What is done last is taken back first, and a deletion is to be next.
            assert "branched" in (self.chat.history.undo(self.id) or "")

    @rule()
    def start_again(self) -> None:
        """What undo and the last shown variants know is of one run."""
        self.chat, _, self.backend = service_of(store=self.store)
        if self.model.nodes:
            self.model.last_shown.clear()
            self.model.deletions.clear()
        else:
            self.id = self.chat.conversations.create().id

    @invariant()
    def the_same_is_shown(self) -> None:
        path = [message.id for message in self.chat.messages.path(self.id)]
        assert path == self.model.path(self.model.leaf)
        texts = [message.text for message in self.chat.messages.path(self.id)]
        assert texts == [self.model.nodes[each].text for each in path]

    @invariant()
    def the_same_variants_are_there(self) -> None:
        for each in self.live:
            siblings = self.model.children(self.model.nodes[each].parent)
            variants = self.chat.messages.variants(self.id, each)
            assert variants.ids == tuple(siblings)
            assert variants.position == siblings.index(each) + 1

    @invariant()
    def a_tree_view_shows_each_message_and_no_turn_twice(self) -> None:
        rows = self.chat.messages.turn_rows(self.id)
        turns = [tuple(each.id for each in row.messages) for row in rows]
        assert len(set(turns)) == len(turns)
        assert {each for turn in turns for each in turn} == set(self.live)
        shown = {each.id for row in rows if row.is_shown for each in row.messages}
        assert shown == set(self.model.path(self.model.leaf))

    @invariant()
    def the_store_has_it_all(self) -> None:
        told = {
            each.id: (each.text, bool(each.trashed_at)) for each in self.chat.messages.of(self.id)
        }
        assert told == {
            each.id: (each.text, bool(each.trashed_at)) for each in self.store.messages(self.id)
        }
        assert told == {each: (n.text, n.is_trashed) for each, n in self.model.nodes.items()}
        if self.model.nodes:
            assert self.store.headers[self.id].leaf_id == self.model.leaf


Conversations.TestCase.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
TestConversations = Conversations.TestCase
