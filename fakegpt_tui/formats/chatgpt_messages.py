"""Messages of a ChatGPT export: the node tree, and contents as Markdown."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fakegpt_tui.text import replace_surrogates

UNKNOWN = "messages hold something of an unknown kind, shown as it was in the file"
PICTURES = "messages refer to pictures, sounds or files, which are not imported"
_QUOTED = {
    "execution_output": ("text", "Output"),
    "tether_browsing_display": ("result", "Page"),
    "tether_quote": ("text", "Quotation"),
    "system_error": ("text", "Error"),
}
"""Kinds of content that are one text, where it is, and what to call it."""

_BACKTICKS = re.compile("`+")
_WORD = re.compile("[A-Za-z0-9_+#.-]{1,30}")


class ContentReader:
    """Reads the contents of one message; `notes` says what a person should be told about it."""

    def __init__(self) -> None:
        self.notes: set[str] = set()

    def text(self, content: object) -> str:
        """The content as Markdown; empty where it says nothing."""
        match content:
            case None:
                return ""
            case {"content_type": "text" | "multimodal_text", "parts": list(parts)}:
                return "\n\n".join(filter(None, map(self._part, parts)))
            case {"content_type": "code", "text": str(text)}:
                return fence_code(text, "".join(_texts(content, "language"))) if text else ""
            case {"content_type": str(kind)} if kind in _QUOTED:
                return self._quoted(content, *_QUOTED[kind])
            case _:
                return self._unknown(content)

    def reasoning(self, content: object) -> str | None:
        """What the content says if it is a model's thinking, and `None` if it is not."""
        match content:
            case {"content_type": "thoughts", "thoughts": list(thoughts)}:
                return "\n\n".join(filter(None, map(self._thought, thoughts)))
            case {"content_type": "reasoning_recap", "content": str(text)}:
                return text
            case _:
                return None

    def _thought(self, thought: object) -> str:
        match thought:
            case {"content": str(text)}:
                summary = "".join(f"**{said}**\n\n" for said in _texts(thought, "summary"))
                return summary + text
            case _:
                return self._unknown(thought)

    def _part(self, part: object) -> str:
        match part:
            case str(text):
                return text
            case {"content_type": "audio_transcription", "text": str(text)}:
                return text
            case {"content_type": str(kind), "asset_pointer": str(where)}:
                self.notes.add(PICTURES)
                what = "Picture" if "image" in kind else "Attachment"
                return f"[{what}: {where}]"
            case None:
                return ""
            case _:
                return self._unknown(part)

    def _quoted(self, content: object, name: str, label: str) -> str:
        """Output of a tool, below a label and what else is known about it."""
        about = " · ".join([f"[{label}]", *_texts(content, "title", "name", "domain", "url")])
        return "\n\n".join([about, *map(fence_code, _texts(content, name))])

    def _unknown(self, content: object) -> str:
        self.notes.add(UNKNOWN)
        match content:
            case {"content_type": str(kind)} if _WORD.fullmatch(kind):
                label = f"[Content of the kind {kind}]"
            case _:
                label = "[Content of an unknown kind]"
        return f"{label}\n\n{fence_code(json.dumps(content, indent=2, ensure_ascii=False), 'json')}"


def fence_code(text: str, language: str = "") -> str:
    """`text` as a code block that nothing inside can end."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    label = language if _WORD.fullmatch(language) and language != "unknown" else ""
    return f"{fence}{label}\n{replace_surrogates(text)}\n{fence}"


def _texts(content: object, *names: str) -> list[str]:
    """The values of these names that are texts with something in them."""
    if not isinstance(content, Mapping):
        return []
    return [text for name in names if isinstance(text := content.get(name), str) and text]


ORPHANS = "messages follow others that are not in the file, and begin a branch instead"
CIRCLES = "circles of messages that follow each other were cut"


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
    repairs: Counter[str] = field(default_factory=Counter)
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
