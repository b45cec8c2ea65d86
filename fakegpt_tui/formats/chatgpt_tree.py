"""The node tree of a ChatGPT export, with parents that exist and lead to a root."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fakegpt_tui.formats.base import Loss

ORPHANS = Loss(
    "messages follow others that are not in the file, and begin a branch instead",
    one="message follows one that is not in the file, and begins a branch instead",
)
CIRCLES = Loss(
    "circles of messages that follow each other were cut",
    one="circle of messages that follow each other was cut",
)


@dataclass(frozen=True, slots=True)
class ExportNode:
    """One place of the tree; `message` is what the file has there, which may be anything."""

    id: str
    parent_id: str | None
    message: object


@dataclass(slots=True)
class ExportTree:
    """The nodes of a `mapping`, with parents that exist and lead to a root."""

    mapping: Mapping[str, object]
    repairs: Counter[Loss] = field(default_factory=Counter)
    """What had to be mended, by what is told about it."""

    _parents: dict[str, str | None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for node_id, node in self.mapping.items():
            self._parents[node_id] = self._known_parent(node_id, node)
        self._adopt()
        self._cut_circles()

    def nodes(self) -> Iterator[ExportNode]:
        """All nodes, parents first and siblings in their order."""
        children = self._children()
        waiting = [*reversed(children.get(None, []))]
        while waiting:
            node_id = waiting.pop()
            node = self.mapping[node_id]
            message = node.get("message") if isinstance(node, dict) else None
            yield ExportNode(node_id, self._parents[node_id], message)
            waiting.extend(reversed(children.get(node_id, [])))

    def _known_parent(self, node_id: str, node: object) -> str | None:
        match node:
            case {"parent": str(parent_id)} if parent_id in self.mapping and parent_id != node_id:
                return parent_id
            case _:
                return None

    def _adopt(self) -> None:
        """Give nodes without a parent to those that name them as a child."""
        for node_id, node in self.mapping.items():
            for child_id in _named_children(node):
                if child_id != node_id and self._parents.get(child_id, "") is None:
                    self._parents[child_id] = node_id
        for node_id, node in self.mapping.items():
            names_one = isinstance(node, dict) and node.get("parent") is not None
            if names_one and self._parents[node_id] is None:
                self.repairs[ORPHANS] += 1

    def _cut_circles(self) -> None:
        settled: set[str] = set()
        for node_id in self.mapping:
            walked: dict[str, None] = {}
            step: str | None = node_id
            while step is not None and step not in settled:
                if step in walked:
                    self.repairs[CIRCLES] += 1
                    self._parents[step] = None
                    break
                walked[step] = None
                step = self._parents[step]
            settled.update(walked)

    def _children(self) -> dict[str | None, list[str]]:
        """The children of each node, first as it names them and then as they come."""
        found: dict[str | None, dict[str, None]] = {}
        for node_id, node in self.mapping.items():
            for child_id in _named_children(node):
                if self._parents.get(child_id) == node_id:
                    found.setdefault(node_id, {})[child_id] = None
        for node_id, parent_id in self._parents.items():
            found.setdefault(parent_id, {})[node_id] = None
        return {parent_id: list(children) for parent_id, children in found.items()}


def _named_children(node: object) -> list[str]:
    match node:
        case {"children": list(children)}:
            return [child for child in children if isinstance(child, str)]
        case _:
            return []
