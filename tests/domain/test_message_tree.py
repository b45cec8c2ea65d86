"""Paths, variants and branches of a tree of messages."""

from dataclasses import dataclass, replace

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role, now
from fakegpt_tui.domain.message_tree import MessageTree, Tree


@dataclass(frozen=True)
class Plain:
    id: str
    parent_id: str | None


def message(message_id: str, parent_id: str | None) -> ChatMessage:
    return ChatMessage(
        id=message_id,
        conversation_id="C",
        parent_id=parent_id,
        role=Role.USER,
        text=message_id,
        status=MessageStatus.COMPLETE,
        created_at=now(),
    )


def ids(messages: object) -> str:
    assert isinstance(messages, tuple | list)
    return "".join(each.id for each in messages)


def forked() -> list[ChatMessage]:
    """a – b – c, and beside c another d – e."""
    pairs = [("a", None), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "d")]
    return [message(*pair) for pair in pairs]


def test_a_path_leads_from_the_root_to_a_leaf_or_else_to_the_newest_message() -> None:
    tree = MessageTree(forked())
    assert ids(tree.path("c")) == "abc"
    assert ids(tree.path("gone")) == "abde"
    assert tree.path(None) == ()


def test_a_path_ends_above_what_is_in_the_trash() -> None:
    tree = MessageTree(forked())
    tree.put(replace(message("d", "b"), trashed_at=now()))
    assert ids(tree.path("e")) == "ab"
    assert tree.children("b") == ["c"]


def test_branches_are_what_a_path_leaves_out() -> None:
    tree = MessageTree(forked())
    assert list(map(ids, tree.branches_beside(tree.path("c")))) == ["de"]


def test_variants_are_counted_from_one() -> None:
    tree = MessageTree(forked())
    assert [tree.forks(tree.path("e"))[each].position for each in "d"] == [2]
    assert tree.forks(tree.path("e")).keys() == {"d"}


def test_a_circle_of_parents_ends() -> None:
    tree = Tree([Plain("a", "b"), Plain("b", "a")])
    assert ids(tree.path("a")) == "ba"
