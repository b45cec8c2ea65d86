"""Contents of ChatGPT's messages as Markdown, with a line for each file."""

import json
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from fakegpt_tui.domain.parts import CitationPart, FilePart, ImagePart, Part, TextSpan, fit_parts
from fakegpt_tui.formats.asset_import import stand_in
from fakegpt_tui.formats.base import AssetSource, Loss, OpenBlob, parse_json
from fakegpt_tui.formats.chatgpt_export import assets_of
from fakegpt_tui.formats.citations import read_footnotes, take_citations
from fakegpt_tui.formats.foreign_values import dicts_of
from fakegpt_tui.formats.markdown_blocks import fence_code
from fakegpt_tui.formats.message_parts import UNKNOWN
from fakegpt_tui.text import replace_surrogates, safe_line

MARKS = Loss(
    "messages have citation marks without a link in the file, which were left out",
    one="message has citation marks without a link in the file, which were left out",
)
KEPT_MARKS = Loss(
    "messages have older citation marks without a link in the file, which stay in the text",
    one="message has older citation marks without a link in the file, which stay in the text",
)
CONTEXTS = ("user_editable_context", "model_editable_context")
"""Kinds of content outside the conversation: instructions and memories of the account."""

_QUOTED = {
    "execution_output": ("text", "Output"),
    "tether_browsing_display": ("result", "Page"),
    "tether_quote": ("text", "Quotation"),
    "sonic_webpage": ("text", "Page"),
    "system_error": ("text", "Error"),
}
"""Kinds of content that hold one text: the key of the text, and its label."""

_CANVAS = "canmore."
_GAP: Final = "\n\n"
_DURATION = re.compile(r"\b(\d{1,5}) ?(hour|minute|second|[hms]\b)")
_WORD = re.compile("[A-Za-z0-9_+#.-]{1,30}")


class ContentReader:
    """Reads the contents of one message; `notes` says what a person should be told about it.

    Files that are not in the export are parts, too, whose bytes nothing opens.
    """

    def __init__(self, metadata: Mapping[str, object] | None, assets: AssetSource | None) -> None:
        """Read with what the export says about the message beside its content."""
        self.blobs: dict[str, OpenBlob] = {}
        """Opens the bytes of the files that were found."""
        self.thought_for: timedelta | None = None
        """How long the model thought, where the content says that."""
        self._assets = assets
        self._found: list[tuple[int, Part]] = []
        self._cited: list[CitationPart] = []
        self._length = 0
        self.notes: set[Loss] = set()
        self.metadata = metadata or {}
        self._names: dict[str, str] = {}
        for number, each in enumerate(dicts_of(self.metadata.get("attachments"))):
            key = "".join(_texts(each, "id")) or f"number {number}"
            self._names[key] = next(iter(_texts(each, "name", "id")), "a file without a name")

    def text(self, content: object) -> str:
        """The content as Markdown; attached files that it does not name follow it."""
        said = self._content(content)
        self._length = len(said)
        for key, name in self._names.items():
            if not self._find(key, name):
                self._miss(FilePart(stand_in(f"missing {key}"), name))
        return said

    def layout(self, text: str, shift: int) -> tuple[Part, ...]:
        """The files and sources at their places in the text, which begins with `shift` others."""
        footnotes = [*read_footnotes(self.metadata)] if text else []
        if not (self._found or self._cited or footnotes):
            return ()
        parts: list[Part] = []
        at = 0
        for place, part in self._found:
            end = place + shift if place else 0
            parts += [TextSpan(end - at), part]
            at = end
        cited = (
            replace(each, start=each.start + shift, end=each.end + shift) for each in self._cited
        )
        known = {each.url for each in self._cited}
        more = (each for each in footnotes if each.url not in known)
        return fit_parts((*parts, TextSpan(len(text)), *cited, *more), text, "")

    def _find(self, pointer: str, name: str = "", alt: str = "") -> bool:
        """Take the file that a pointer means, if it is in the export."""
        source = cast("Hashable", self._assets)
        assets = None if self._assets is None else assets_of(source)
        path = assets.find(pointer) if assets is not None else ""
        if assets is None or not path:
            return False
        blob = stand_in(path)
        self.blobs[blob.digest] = assets.opener(path)
        name = replace_surrogates(name or assets.name(path))
        self._found.append((self._length, ImagePart(blob, name, replace_surrogates(alt))))
        return True

    def _miss(self, part: ImagePart | FilePart) -> None:
        """Take a file that is not in the export."""
        self._found.append((self._length, replace(part, name=replace_surrogates(part.name))))

    def _joined(self, parts: Sequence[object]) -> str:
        """Parts as text, with files noted at the place where they stand."""
        if len(parts) == 1 and isinstance(parts[0], str):
            return self._linked(parts[0])
        texts: list[str] = []
        for each in parts:
            self._length = len(_GAP.join(texts))
            if said := self._part(each):
                texts.append(said)
        return _GAP.join(texts)

    def _content(self, content: object) -> str:
        match content:
            case None:
                return ""
            case {"content_type": "text" | "multimodal_text", "parts": list(parts)}:
                return self._joined(parts)
            case {"content_type": "text" | "multimodal_text", "text": str(text)}:
                return self._linked(text)
            case {"content_type": "code", "text": str(text)}:
                return _code(text, "".join(_texts(content, "language")))
            case {"content_type": str(kind)}:
                return self._other(content, kind)
            case _:
                return self._unknown(content)

    def _other(self, content: object, kind: str) -> str:
        """Content that is neither text nor code."""
        held = content if isinstance(content, dict) else {}
        screen = held.get("screenshot")
        if kind == "text" and [*filter(None, held.values())] == [kind]:
            return ""
        if kind in _QUOTED:
            return self._quoted(content, *_QUOTED[kind])
        if kind in CONTEXTS:
            names = ("user_profile", "user_instructions", "model_set_context")
            return "\n\n".join(_texts(content, *names))
        if kind == "computer_output" and isinstance(screen, dict):
            return self._pointer("screen image", str(screen.get("asset_pointer")))
        return self._unknown(content)

    def reasoning(self, content: object) -> str | None:
        """What the content says if it is a model's thinking, and `None` if it is not."""
        match content:
            case {"content_type": "thoughts", "thoughts": list(thoughts)}:
                return "\n\n".join(filter(None, map(self._thought, thoughts)))
            case {"content_type": "reasoning_recap", "content": str(text)}:
                self.thought_for = _read_duration(text)
                return "" if self.thought_for else text
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
            case None:
                return ""
            case str(text) | {"content_type": "audio_transcription" | "text", "text": str(text)}:
                return self._linked(text)
            case {"content_type": str(kind), "asset_pointer": str(where)}:
                return self._pointer(kind, where, _prompt_of(part))
            case {"content_type": "real_time_user_audio_video_asset_pointer", **inner}:
                names = ("audio_asset_pointer", "video_container_asset_pointer")
                frames = inner.get("frames_asset_pointers")
                shown = (*map(inner.get, names), *(frames if isinstance(frames, list) else ()))
                return _GAP.join(filter(None, map(self._part, shown)))
            case {"content_type": str()}:
                return self._content(part)
            case _:
                return self._unknown(part)

    def _linked(self, text: str) -> str:
        found = take_citations(text, self.metadata)
        if found.lost:
            self.notes.add(MARKS)
        if found.kept:
            self.notes.add(KEPT_MARKS)
        begin = self._length + len(_GAP) if self._length else 0
        self._cited += (
            replace(each, start=begin + each.start, end=begin + each.end)
            for each in found.citations
        )
        return found.text

    def _pointer(self, kind: str, where: str, alt: str = "") -> str:
        known = self._names.pop(where.rpartition("://")[2], "")
        if self._find(where, known, alt):
            return ""
        blob, name = stand_in(f"missing {where}"), known or where
        is_picture = "image" in kind
        self._miss(ImagePart(blob, name, alt) if is_picture else FilePart(blob, name))
        return ""

    def _quoted(self, content: object, name: str, label: str) -> str:
        """Output of a tool, below a label and what else is known about it."""
        about = _texts(content, "title", "name", "domain", "url")
        quoted = [fence_code(text) for text in _texts(content, name)]
        return "\n\n".join([" · ".join([f"[{label}]", *about]), *quoted]) if about or quoted else ""

    def _unknown(self, content: object) -> str:
        self.notes.add(UNKNOWN)
        match content:
            case {"content_type": str(kind)} if _WORD.fullmatch(kind):
                label = f"[Content of the kind {kind}]"
            case _:
                label = "[Content of an unknown kind]"
        return f"{label}\n\n{fence_code(json.dumps(content, indent=2, ensure_ascii=False), 'json')}"


def content_of(message: Mapping[str, object]) -> object:
    """What a message holds; what is written to a document beside the conversation is code."""
    content, recipient = message.get("content"), message.get("recipient")
    match content:
        case {"content_type": "text", "parts": [str(text)]} if isinstance(
            recipient, str
        ) and recipient.startswith(_CANVAS):
            return {"content_type": "code", "text": text}
        case _:
            return content


def _read_duration(text: str) -> timedelta | None:
    """What “Thought for 1m 20s” says; nothing where it is in words."""
    found = {unit[0]: int(count) for count, unit in _DURATION.findall(text)}
    names = {"h": "hours", "m": "minutes", "s": "seconds"}
    return timedelta(**{names[unit]: count for unit, count in found.items()}) or None


def _prompt_of(part: object) -> str:
    """What a generated picture was asked for with."""
    match part:
        case {"metadata": {"dalle": {"prompt": str(prompt)}}}:
            return prompt
        case _:
            return ""


def _code(text: str, language: str) -> str:
    """Code of a message; a document that was written beside the conversation is Markdown."""
    if not text:
        return ""
    match parse_json(text) if text.lstrip().startswith("{") else None:
        case {"name": str(name), "type": str(kind), "content": str(document)}:
            written = document if kind == "document" else fence_code(document, kind.split("/")[-1])
            return f"**{safe_line(name)}**\n\n{written}"
        case {"updates": list(updates)} if _texts_of(updates, "replacement"):
            return _GAP.join(map(fence_code, _texts_of(updates, "replacement")))
        case {"comments": list(comments)} if _texts_of(comments, "comment"):
            return "\n".join(f"- {safe_line(each)}" for each in _texts_of(comments, "comment"))
        case _:
            return fence_code(text, language)


def _texts(content: object, *names: str) -> list[str]:
    """The values of these names that are texts with something in them."""
    if not isinstance(content, Mapping):
        return []
    return [text for name in names if isinstance(text := content.get(name), str) and text]


def _texts_of(values: Iterable[object], name: str) -> list[str]:
    return [text for value in values for text in _texts(value, name)]
