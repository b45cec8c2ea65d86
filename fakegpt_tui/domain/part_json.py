"""Parts as JSON, in the store and in files; equal parts are equal text."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Final

from fakegpt_tui.domain.parts import (
    Attachment,
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Origin,
    Part,
    ReasoningSpan,
    TextSpan,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)
from fakegpt_tui.fast_import import lazy_pattern

_SURROGATES = lazy_pattern("[\ud800-\udfff]")

_KINDS: Mapping[str, type[Part]] = {
    "text": TextSpan,
    "reasoning": ReasoningSpan,
    "image": ImagePart,
    "file": FilePart,
    "citation": CitationPart,
    "tool_call": ToolCallPart,
    "tool_result": ToolResultPart,
    "unknown": UnknownPart,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode_parts(parts: Iterable[Part]) -> str | None:
    """A JSON array, or `None` without parts."""
    found = [part_values(part) for part in parts]
    return _dump(found) if found else None


def decode_parts(text: str | None) -> tuple[Part, ...]:
    """The parts of a JSON array, without those that are damaged."""
    return parts_from_values(_load(text))


def encode_step(step: Part | Origin) -> str:
    """A part, or an origin for the span that ends here, as a JSON object."""
    if isinstance(step, Origin):
        return _dump({"kind": "origin", **_values(step)})
    return _dump(part_values(step))


def decode_step(text: str) -> Part | Origin | None:
    """What `encode_step` wrote."""
    found = _load(text)
    if isinstance(found, dict) and found.get("kind") == "origin":
        return _origin(found)
    return next(iter(parts_from_values([found])), None)


def encode_attachments(attachments: Iterable[Attachment]) -> str | None:
    """A JSON array of attachments, or `None` without any."""
    found = [
        {"id": each.id, "source": each.source, "part": part_values(each.part)}
        for each in attachments
    ]
    return _dump(found) if found else None


def decode_attachments(text: str | None) -> tuple[Attachment, ...]:
    """The attachments of a JSON array."""
    values = _load(text)
    found = []
    for each in values if isinstance(values, list) else []:
        value = each if isinstance(each, dict) else {}
        part = next(iter(parts_from_values([value.get("part")])), None)
        if isinstance(part, ImagePart | FilePart):
            found.append(Attachment(_text(value.get("id")), part, _text(value.get("source"))))
    return tuple(found)


def part_values(part: Part) -> dict[str, Any]:
    """A part as a JSON object, without defaults."""
    if isinstance(part, UnknownPart) and part.origin is None:
        found = _load(part.data)
        # A newer version's part is written as that version wrote it.
        if isinstance(found, dict) and found.get("kind") == part.kind and part.kind not in _KINDS:
            return found
    values = _values(part)
    if isinstance(part, UnknownPart):
        values["type"] = values.pop("kind")
    return {"kind": _NAMES[type(part)], **values}


def parts_from_values(values: object) -> tuple[Part, ...]:
    """The parts of JSON objects; an object of an unknown kind is kept as it is."""
    found: list[Part] = []
    for value in values if isinstance(values, list) else []:
        if not isinstance(value, dict):
            continue
        name = _text(value.get("kind"))
        if name not in _KINDS:
            found.append(UnknownPart(name, _dump(value)))
        else:
            given = {**value, "kind": value.get("type")} if name == "unknown" else value
            found.append(_from_values(_KINDS[name], given))
    return tuple(found)


LOST_BYTES: Final = "missing"
"""The kind of what stands for a part whose bytes are lost."""


def missing_part(part: ImagePart | FilePart) -> UnknownPart:
    """The stand-in for a picture or file whose bytes are missing."""
    return UnknownPart(LOST_BYTES, _dump(part_values(part)))


def missing_name(part: UnknownPart) -> str:
    """The name of a picture or file whose bytes are not there."""
    found = _load(part.data)
    return _text(found.get("name") or found.get("alt")) if isinstance(found, dict) else ""


def blob_from_values(value: object) -> Blob:
    """The blob of a JSON object."""
    found: Blob = _from_values(Blob, value if isinstance(value, dict) else {})
    return found


def _values(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(value):
        content = getattr(value, field.name)
        if field.default is not MISSING and content == field.default:
            continue
        match content:
            case Blob() | Origin():
                found[field.name] = _values(content)
            case tuple():
                found[field.name] = [_values(each) for each in content]
            case str():
                found[field.name] = _encodable(content)
            case _:
                found[field.name] = content
    return found


def _from_values(kind: type[Any], values: Mapping[str, Any]) -> Any:
    given = {
        name: decode(values.get(name))
        for name, decode, is_needed in _field_decoders(kind)  # type: ignore[arg-type]  # hashable
        if is_needed or name in values
    }
    return kind(**given)


@cache
def _field_decoders(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    """The name and the decoder of each field, and whether it must be given."""
    return tuple(
        (field.name, _DECODERS[field.type], field.default is MISSING) for field in fields(kind)
    )


def _text(value: object) -> str:
    return _encodable(value) if isinstance(value, str) else ""


def _encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATES.sub("�", text)


def _number(value: object) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _pixels(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _origin(value: object) -> Origin | None:
    return _from_values(Origin, value) if isinstance(value, dict) else None


def _blobs(value: object) -> tuple[Blob, ...]:
    return tuple(map(blob_from_values, value)) if isinstance(value, list) else ()


_DECODERS: Mapping[object, Callable[[Any], Any]] = {
    str: _text,
    int: _number,
    bool: bool,
    int | None: _pixels,
    Blob: blob_from_values,
    Origin | None: _origin,
    tuple[Blob, ...]: _blobs,
}


def _dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _load(text: str | None) -> object:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
