"""Parts of a message of another program: text, reasoning, tool calls, files and sources.

Text, reasoning and tools become Markdown; files and sources become parts of ours.
"""

import json
import re
from collections.abc import Set
from dataclasses import replace
from typing import Final, TypedDict

from fakegpt_tui.domain.parts import CitationPart, FilePart, ImagePart, Part
from fakegpt_tui.formats.asset_import import stand_in
from fakegpt_tui.formats.base import Loss, OpenBlob
from fakegpt_tui.formats.foreign_files import ForeignFile, MessageFiles, held_file, text_file
from fakegpt_tui.formats.foreign_values import list_of, texts_of
from fakegpt_tui.formats.markdown_blocks import fence_code
from fakegpt_tui.text import replace_surrogates, safe_line

TOOLS = Loss(
    "messages call tools or hold what tools gave back, which is kept as text",
    one="message calls tools or holds what tools gave back, which is kept as text",
)
REDACTED = Loss(
    "messages have reasoning that the file holds only encrypted, or not at all",
    one="message has reasoning that the file holds only encrypted, or not at all",
)
UNKNOWN = Loss(
    "messages hold something of an unknown kind, shown as it was in the file",
    one="message holds something of an unknown kind, shown as it was in the file",
)
_GAP: Final = "\n\n"
_THINKING = re.compile(r"\s*<think(?:ing)?>(.*?)</think(?:ing)?>\s*", re.DOTALL)
_REASONING = ("reasoning", "thinking")
_CONTENT_KINDS = ("text", "input_text", "output_text", "image", "input_image", "image_url")
_FILE_KINDS = ("file", "document", "video")
_FILE_NAMES = ("name", "file_name", "filename", "fileName", "file_id", "file_uuid", "id", "path")


class Said(TypedDict):
    """What a message comes to: fields of a `SourceMessage`."""

    text: str
    reasoning: str
    files: MessageFiles
    losses: Set[Loss]


class MessageParts:
    """Gathers the parts of one message, in their order; `losses` is what to tell."""

    def __init__(self) -> None:
        self.losses: set[Loss] = set()
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._sources: dict[str, str] = {}
        self._places: list[tuple[int, Part]] = []
        self._blobs: dict[str, OpenBlob] = {}

    @property
    def text(self) -> str:
        """All but the reasoning, as Markdown."""
        return _GAP.join(self._texts)

    @property
    def files(self) -> MessageFiles:
        """The files at their places in the text, and the sources."""
        sources = (
            CitationPart(url=replace_surrogates(url), title=replace_surrogates(title))
            for url, title in self._sources.items()
        )
        return MessageFiles(len(self.text), tuple(self._places), tuple(sources), self._blobs)

    @property
    def reasoning(self) -> str:
        return "\n\n".join(self._reasoning)

    @property
    def has_nothing(self) -> bool:
        return not (self._texts or self._reasoning or self._places or self._sources)

    def said(self) -> Said:
        """All of it, as the fields of a message."""
        return Said(text=self.text, reasoning=self.reasoning, files=self.files, losses=self.losses)

    def said_after_thinking(self) -> Said:
        """As `said`, where the text may begin with reasoning between `<think>` tags."""
        thinking, text = split_thinking(self.text)
        return self.said() | {"text": text, "reasoning": self.reasoning or thinking}

    def add_text(self, text: object) -> None:
        if isinstance(text, str) and text.strip():
            self._texts.append(text)

    def add_reasoning(self, text: object) -> None:
        if isinstance(text, str) and text.strip():
            self._reasoning.append(text)

    def add_hidden_reasoning(self) -> None:
        """Tell of reasoning that only its service can read."""
        self.losses.add(REDACTED)

    def add_call(self, name: object, arguments: object) -> None:
        self.losses.add(TOOLS)
        self._texts.append(f"[To {_name(name)}]\n\n{_data(arguments)}".rstrip())

    def add_result(self, name: object, output: object, *, is_error: bool = False) -> None:
        """Add what a tool gave back; pictures and files in it stand before it."""
        self.losses.add(TOOLS)
        if isinstance(output, list) and output and all(map(_is_content, output)):
            inner = MessageParts()
            inner.add_content(output)
            self.add_parts_of(inner)
            output = inner.text
        label = f"[{'Error' if is_error else 'Output'} of {_name(name)}]"
        self._texts.append(f"{label}\n\n{_data(output)}".rstrip())

    def add_file(self, name: object, kind: str = "File", found: ForeignFile | None = None) -> None:
        """Take a file at this place; one that was not found is known by its name to be missing."""
        is_data = not isinstance(name, str) or name.startswith("data:") or not name
        shown = "" if is_data else str(name)
        blob = stand_in(found.key if found is not None else f"missing {kind} {shown}")
        is_picture = found is not None or kind == "Picture"
        self._take(found, ImagePart(blob, shown) if is_picture else FilePart(blob, shown))

    def add_attached_text(self, name: str, text: object) -> None:
        """Take a file that the source holds as text."""
        if isinstance(text, str) and text.strip():
            found = text_file(text)
            self._take(found, FilePart(stand_in(found.key), name))
        else:
            self.add_file(name)

    def add_files(self, files: object, kind: str = "File") -> None:
        """Add the files of a list: names, or objects with a name or bytes."""
        for each in list_of(files):
            self.add_file(file_name(each), kind, held_file(each))

    def add_parts_of(self, others: "MessageParts") -> None:
        """Add the files, sources and losses of parts whose text stands elsewhere."""
        at, files = len(self.text), others.files
        self._places += ((at, part) for _, part in files.places)
        self._blobs |= files.blobs
        self._sources |= {each.url: each.title for each in files.sources}
        self.losses |= others.losses

    def _take(self, found: ForeignFile | None, part: ImagePart | FilePart) -> None:
        part = replace(part, name=replace_surrogates(part.name))
        if found is not None:
            self._blobs[part.blob.digest] = found.open
        self._places.append((len(self.text), part))

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
        elif content is not None:
            self.add_unknown("content", content)

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
                self.add_file(_address(part), "Picture", held_file(part))
            case {"type": str(kind)} if "audio" in kind or kind in _FILE_KINDS:
                self.add_file(file_name(part), found=held_file(part))
            case {"inlineData": dict(inner)}:
                self.add_file(file_name(inner), found=held_file(part))
            case _:
                self.add_unknown(texts_of(part, "type") or "an unknown kind", part)


def _is_content(value: object) -> bool:
    """Is this a part of a content, as services of OpenAI's kind have it?"""
    return isinstance(value, dict) and value.get("type") in _CONTENT_KINDS


def split_thinking(text: str) -> tuple[str, str]:
    """The reasoning that a model wrote before its reply, between `<think>` tags, and the reply."""
    match = _THINKING.match(text)
    return (match[1].strip(), text[match.end() :]) if match else ("", text)


def file_name(file: object) -> str:
    """What a file is called in a list of attachments; may be empty."""
    match file:
        case str(name):
            return name
        case {"file": dict(inner)} if not texts_of(file, *_FILE_NAMES):
            return texts_of(inner, *_FILE_NAMES)
        case _:
            return texts_of(file, *_FILE_NAMES)


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
