"""Parts of a message of another program: text, reasoning, tool calls, files and sources."""

import json
import re
from collections.abc import Mapping

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import Loss
from fakegpt_tui.formats.chatgpt_messages import FILES, UNKNOWN, fence_code
from fakegpt_tui.formats.citations import write_sources
from fakegpt_tui.text import safe_line

TOOLS = Loss(
    "messages call tools or hold what tools gave back, which is kept as text",
    one="message calls tools or holds what tools gave back, which is kept as text",
)
_THINKING = re.compile(r"\s*<think(?:ing)?>(.*?)</think(?:ing)?>\s*", re.DOTALL)
_ROLES = {
    "user": Role.USER,
    "human": Role.USER,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
}
_REASONING = ("reasoning", "thinking")
_FILE_KINDS = ("file", "document", "video")
_FILE_NAMES = ("name", "file_name", "filename", "fileName", "file_id", "file_uuid", "id", "path")


class MessageParts:
    """Gathers the parts of one message, in their order, as Markdown; `losses` is what to tell."""

    def __init__(self) -> None:
        self.losses: set[Loss] = set()
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._files: dict[str, None] = {}
        self._sources: dict[str, str] = {}

    @property
    def text(self) -> str:
        """All but the reasoning: what was said, then the files, then the sources."""
        return "\n\n".join(
            filter(
                None,
                [
                    *self._texts,
                    *self._files,
                    write_sources((title, url) for url, title in self._sources.items()),
                ],
            )
        )

    @property
    def reasoning(self) -> str:
        return "\n\n".join(self._reasoning)

    def add_text(self, text: object) -> None:
        if isinstance(text, str) and text.strip():
            self._texts.append(text)

    def add_reasoning(self, text: object) -> None:
        if isinstance(text, str) and text.strip():
            self._reasoning.append(text)

    def add_call(self, name: object, arguments: object) -> None:
        self.losses.add(TOOLS)
        self._texts.append(f"[To {_name(name)}]\n\n{_data(arguments)}".rstrip())

    def add_result(self, name: object, output: object, *, is_error: bool = False) -> None:
        self.losses.add(TOOLS)
        label = f"[{'Error' if is_error else 'Output'} of {_name(name)}]"
        self._texts.append(f"{label}\n\n{_data(output)}".rstrip())

    def add_file(self, name: object, kind: str = "File") -> None:
        """Leave a line for a file that is not imported."""
        self.losses.add(FILES)
        is_data = not isinstance(name, str) or name.startswith("data:") or not name
        self._files[f"[{kind}]" if is_data else f"[{kind}: {safe_line(str(name))}]"] = None

    def add_attached_text(self, name: str, text: object) -> None:
        """Keep the text of a file that the source holds, below its name."""
        if isinstance(text, str) and text.strip():
            self._files[f"[File: {safe_line(name) or 'text'}]\n\n{fence_code(text.rstrip())}"] = (
                None
            )
        else:
            self.add_file(name)

    def add_files(self, files: object, kind: str = "File") -> None:
        """Leave a line for each of a list of files, which are names or objects that have one."""
        for each in files if isinstance(files, list) else []:
            self.add_file(file_name(each), kind)

    def add_source(self, title: object, url: object) -> None:
        if isinstance(url, str) and url:
            self._sources[url] = (
                title if isinstance(title, str) and title else self._sources.get(url, "")
            )

    def add_unknown(self, kind: object, value: object) -> None:
        """Keep what no rule is for, as it is in the file."""
        self.losses.add(UNKNOWN)
        self._texts.append(f"[Content of the kind {_name(kind)}]\n\n{_data(value)}")

    def add_content(self, content: object) -> None:
        """Add content as services of OpenAI's kind have it: a text, or a list of parts."""
        if isinstance(content, str):
            self.add_text(content)
        elif isinstance(content, list):
            for part in content:
                self._add_part(part)
        elif isinstance(content, dict):
            self._add_part(content)

    def _add_part(self, part: object) -> None:
        match part:
            case None:
                pass
            case str(text) | {"text": str(text)} | {"text": {"value": str(text)}}:
                kind = part.get("type") if isinstance(part, dict) else "text"
                add = self.add_reasoning if kind in _REASONING else self.add_text
                add(text)
            case {"type": "refusal", "refusal": str(text)}:
                self.add_text(text)
            case {"type": str(kind)} if "image" in kind:
                self.add_file(_address(part), "Picture")
            case {"type": str(kind)} if "audio" in kind or kind in _FILE_KINDS:
                self.add_file(file_name(part))
            case _:
                self.add_unknown(texts_of(part, "type") or "an unknown kind", part)


def split_thinking(text: str) -> tuple[str, str]:
    """The reasoning that a model wrote before its reply, between `<think>` tags, and the reply."""
    match = _THINKING.match(text)
    return (match[1].strip(), text[match.end() :]) if match else ("", text)


def read_role(name: object) -> Role:
    """Who speaks; models and tools have many names."""
    return _ROLES.get(name.lower() if isinstance(name, str) else "", Role.ASSISTANT)


def file_name(file: object) -> str:
    """What a file is called in a list of attachments; may be empty."""
    match file:
        case str(name):
            return name
        case {"file": dict(inner)} if not texts_of(file, *_FILE_NAMES):
            return texts_of(inner, *_FILE_NAMES)
        case _:
            return texts_of(file, *_FILE_NAMES)


def texts_of(value: object, *names: str) -> str:
    """The first text of these names that says something."""
    if not isinstance(value, Mapping):
        return ""
    found = (value.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), "")


def dicts_of(value: object) -> list[dict[str, object]]:
    """The objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def parse_object(data: object) -> dict[str, object]:
    """What a text of JSON says, where that is an object."""
    try:
        found = json.loads(data) if isinstance(data, str | bytes) else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _address(part: object) -> str:
    """Where a picture is: an address, or a name; its data is none."""
    match part:
        case {"image_url": {"url": str(where)}} | {"image_url": str(where)} | {"url": str(where)}:
            return where
        case _:
            return file_name(part)


def _name(name: object) -> str:
    return safe_line(name, 60) if isinstance(name, str) and name else "a tool"


def _data(value: object) -> str:
    """What a tool took or gave, as a code block."""
    if isinstance(value, str):
        return fence_code(value) if value else ""
    if not value and not isinstance(value, int | float):
        return ""
    return fence_code(json.dumps(value, indent=2, ensure_ascii=False), "json")
