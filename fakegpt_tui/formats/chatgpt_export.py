"""ChatGPT exports as a whole: the tree of nodes, and the file that a pointer means.

Until 2026 a file was named `file-ID-name.ext`, also in folders; since then it is `file-ID.dat`, and
`conversation_asset_file_names.json` has its name. In pointers, ids may have `_` in place of `-`.
"""

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import PurePosixPath
from typing import Final, cast

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import AssetSource, Loss, OpenBlob
from fakegpt_tui.formats.foreign_values import dict_of, objects_by_id
from fakegpt_tui.formats.source_tree import CIRCLES, ORPHANS, cut_circles, parents_first

_FILE_ID: Final = re.compile(r"file[-_]([A-Za-z0-9]+)")
_NAMES: Final = "conversation_asset_file_names.json"
_MOST_NAMES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class ExportNode:
    """One place of the tree; `message` may be anything, as the file has it."""

    id: str
    parent_id: str | None
    message: object


def read_mapping(mapping: object) -> dict[str, object]:
    """The nodes by their ids; in a list without links, each follows the one before."""
    nodes = objects_by_id(mapping)
    links = [dict_of(node) for node in nodes.values()]
    if isinstance(mapping, dict) or any(
        each.get("parent") or each.get("children") for each in links
    ):
        return nodes
    parents = [None, *nodes]
    chained = zip(nodes.items(), parents, strict=False)
    return {key: {**dict_of(node), "parent": parent} for (key, node), parent in chained}


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
        self.repairs[CIRCLES] += cut_circles(self._parents)
        self.repairs = +self.repairs

    def nodes(self) -> Iterator[ExportNode]:
        """All nodes, parents first and siblings in their order."""
        for node_id in parents_first(self._children()):
            node = self.mapping[node_id]
            yield ExportNode(node_id, self._parents[node_id], dict_of(node).get("message"))

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


class ChatGptAssets:
    """The files of an export, by the ids in them; what is said of a name is only a label."""

    def __init__(self, source: AssetSource) -> None:
        self._source = source
        self._members: dict[str, str] = {}
        indexes = []
        for name in source.names():
            base = PurePosixPath(name).name
            if found := _FILE_ID.match(base):
                self._members.setdefault(found[1], name)
            elif base == _NAMES:
                indexes.append(name)
        self._names: dict[str, str] = {}
        for name in indexes if self._members else ():
            self._names = self._read_names(name) | self._names

    def find(self, pointer: str) -> str:
        """The path of the file that a pointer means; empty if it is not in the export."""
        found = _FILE_ID.search(pointer.rpartition("://")[2])
        return self._members.get(found[1], "") if found else ""

    def name(self, path: str) -> str:
        """What the file was called."""
        base = PurePosixPath(path).name
        if known := self._names.get(base):
            return PurePosixPath(known).name
        _, _, rest = re.sub(r"^file[-_]", "file", base).partition("-")
        return rest or base

    def opener(self, path: str) -> OpenBlob:
        return partial(self._source.open, path)

    def _read_names(self, name: str) -> dict[str, str]:
        try:
            with self._source.open(name) as stream:
                data = b"".join(iter(lambda: stream.read(2**20), b""))[:_MOST_NAMES]
            found = json.loads(data)
        except (LoadError, ValueError, RecursionError):
            return {}
        return {key: name for key, name in dict_of(found).items() if isinstance(name, str)}


@lru_cache(maxsize=1)
def assets_of(source: Hashable) -> ChatGptAssets:
    """The files of an export, listed once for all its conversations."""
    return ChatGptAssets(cast("AssetSource", source))
