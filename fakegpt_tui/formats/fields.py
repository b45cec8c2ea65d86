"""Fields of conversations and chat messages in files: encoding and decoding.

A field that holds its default is left out, so that files stay short. Decoding gives the same value
back, or raises a `FormatError`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    Role,
    TitleSource,
    Usage,
)
from fakegpt_tui.domain.conversations import USAGE_COUNTS, USAGE_WORDS
from fakegpt_tui.domain.folders import clean_folder, clean_tags
from fakegpt_tui.domain.generation import GENERATION_ROWS, chosen_settings
from fakegpt_tui.domain.part_json import part_values, parts_from_values
from fakegpt_tui.domain.parts import fit_parts
from fakegpt_tui.domain.setting_kinds import InvalidSetting
from fakegpt_tui.formats.base import FormatError
from fakegpt_tui.text import replace_surrogates, safe_line

FIELDS_VERSION = 2
"""The version of these fields; a newer one may know more, and is not read."""

_WITHOUT_PARTS = 1
"""The version that is written where no message has parts, so that older programs read it."""

_Type = TypeVar("_Type")
_Word = TypeVar("_Word", bound=StrEnum)


class Fields:
    """Fields from a file, which may hold anything; what has another type is a `FormatError`."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __bool__(self) -> bool:
        return bool(self._values)

    def text(self, name: str, default: str | None = None) -> str:
        return self._typed(name, "a text", default, str)

    def flag(self, name: str) -> bool:
        return self._typed(name, "true or false", False, bool)

    def whole(self, name: str) -> int | None:
        return self._typed(name, "a whole number", None, int) if self._has(name) else None

    def number(self, name: str) -> float | None:
        return self._typed(name, "a number", None, int, float) if self._has(name) else None

    def time(self, name: str) -> datetime:
        text = self.text(name)
        try:
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _format_error(name, "a time", text) from error

    def word(self, name: str, words: type[_Word]) -> _Word:
        text = self.text(name)
        try:
            return words(text)
        except ValueError as error:
            raise _format_error(name, "one of " + ", ".join(words), text) from error

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if self._has(name) else None

    def optional_time(self, name: str) -> datetime | None:
        return self.time(name) if self._has(name) else None

    def fields(self, name: str) -> "Fields":
        """The fields inside of a field; empty if it is missing."""
        return Fields(self._typed(name, "an object", None, dict) if self._has(name) else {})

    def texts(self, name: str) -> list[str]:
        """The texts of a list; empty if it is missing."""
        found = self._typed(name, "a list of texts", None, list) if self._has(name) else []
        if all(isinstance(each, str) for each in found):
            return found
        raise _format_error(name, "a list of texts", found)

    def value(self, name: str) -> object:
        """The value, whatever it is; `None` if it is missing."""
        return self._values.get(name)

    def _has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def _typed(self, name: str, expected: str, default: object, *types: type[_Type]) -> _Type:
        value = self._values.get(name, default)
        if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
            return value
        raise _format_error(name, expected, value)


def fields_version(messages: Iterable[ChatMessage]) -> int:
    """The version that the fields of these messages need."""
    return FIELDS_VERSION if any(message.parts for message in messages) else _WITHOUT_PARTS


_ALWAYS = (
    *("id", "title", "title_source", "created_at", "updated_at", "service", "model"),
    *("pinned", "archived", "leaf_id"),
)
"""Fields of a conversation that each file has, in this order; others follow if they are set."""

_KEYS = {name: name.removesuffix("_at") for name in ("created_at", "updated_at", "trashed_at")}
_KEYS["leaf_id"] = "leaf"
_TYPES = get_type_hints(Conversation)


def encode_conversation(conversation: Conversation) -> dict[str, object]:
    """All fields; a new one needs nothing here if its type is known."""
    values = {name: _encode_value(getattr(conversation, name)) for name in _TYPES}
    always = {_KEYS.get(name, name): values.pop(name) for name in _ALWAYS}
    return always | _drop_empty({_KEYS.get(name, name): each for name, each in values.items()})


def decode_conversation(fields: Fields) -> Conversation:
    """The conversation of these fields.

    Raises:
        FormatError: Something is missing, or is not what it should be.
    """
    if fields.whole("format") not in (None, *range(_WITHOUT_PARTS, FIELDS_VERSION + 1)):
        raise FormatError("is of a newer format than this version of the program knows")
    values = {
        name: _DECODERS[kind](fields, _KEYS.get(name, name), name in _ALWAYS)
        for name, kind in _TYPES.items()
    }
    values["folder"] = clean_folder(values["folder"])
    values["tags"] = clean_tags(values["tags"])
    return Conversation(**{**values, "id": _id(fields, "id")})


def encode_message(message: ChatMessage) -> dict[str, object]:
    """All fields but the text and the reasoning, which each format has its own place for."""
    usage = message.usage
    optional = {
        "service": message.service,
        "model": message.model,
        "finish": None if message.finish is None else message.finish.value,
        "usage": usage and encode_usage(usage),
        "timing": _drop_empty(
            {
                "first_word": _seconds(message.first_word_after),
                "end": _seconds(message.ended_after),
                "thinking": _seconds(message.thought_for),
            }
        ),
        "server_id": message.server_id,
        "trashed": _time(message.trashed_at),
        "summarizes": message.summarizes or None,
    }
    return {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role.value,
        "status": message.status.value,
        "created": _time(message.created_at),
        **({} if message.error is None else {"error": message.error}),
        **_drop_empty(optional),
        **({"parts": [part_values(part) for part in message.parts]} if message.parts else {}),
    }


def decode_message(
    fields: Fields, conversation_id: str, *, text: str, reasoning: str
) -> ChatMessage:
    """The chat message of these fields."""
    timing = fields.fields("timing")
    return ChatMessage(
        id=_id(fields, "id"),
        conversation_id=conversation_id,
        parent_id=fields.optional_text("parent"),
        role=fields.word("role", Role),
        text=text,
        status=fields.word("status", MessageStatus),
        created_at=fields.time("created"),
        error=fields.optional_text("error"),
        service=fields.text("service", ""),
        model=fields.text("model", ""),
        reasoning=reasoning,
        finish=fields.word("finish", FinishReason) if fields.optional_text("finish") else None,
        usage=_decode_usage(fields.fields("usage")),
        server_id=fields.text("server_id", ""),
        trashed_at=fields.optional_time("trashed"),
        first_word_after=_duration(timing, "first_word"),
        ended_after=_duration(timing, "end"),
        thought_for=_duration(timing, "thinking"),
        summarizes=fields.whole("summarizes") or 0,
        parts=fit_parts(parts_from_values(fields.value("parts")), text, reasoning),
    )


def _id(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if not text:
        raise FormatError(f"has an empty {name!r}")
    return text


def _encode_value(value: object) -> object:
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, GenerationSettings):
        return _encode_generation(value)
    return list(value) if isinstance(value, tuple) else value


def _encode_generation(settings: GenerationSettings) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in chosen_settings(settings).items()
    }


def _decode_generation(fields: Fields) -> GenerationSettings:
    found: dict[str, Any] = {}
    for row in GENERATION_ROWS:
        try:
            value = fields.value(row.name)
            found |= {} if value in (None, []) else {row.name: row.kind.read(value)}
        except InvalidSetting as error:
            raise _format_error(row.name, str(error), value) from error
    return GenerationSettings(**found)


_DECODERS: Mapping[object, Callable[[Fields, str, bool], Any]] = {
    str: lambda fields, key, is_needed: fields.text(key, None if is_needed else ""),
    str | None: lambda fields, key, _: fields.optional_text(key),
    bool: lambda fields, key, _: fields.flag(key),
    datetime: lambda fields, key, _: fields.time(key),
    datetime | None: lambda fields, key, _: fields.optional_time(key),
    TitleSource: lambda fields, key, _: fields.word(key, TitleSource),
    GenerationSettings: lambda fields, key, _: _decode_generation(fields.fields(key)),
    tuple[str, ...]: lambda fields, key, _: tuple(fields.texts(key)),
}


def encode_usage(usage: Usage) -> dict[str, object]:
    return _drop_empty({"prompt": usage.prompt_tokens, "reply": usage.output, **usage.details})


def _decode_usage(fields: Fields) -> Usage | None:
    if not fields:
        return None
    counts = {name: fields.whole(name) for name in USAGE_COUNTS}
    words = {name: fields.text(name, "") for name in USAGE_WORDS}
    return Usage.from_totals(fields.whole("prompt"), fields.whole("reply"), {**counts, **words})


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _duration(fields: Fields, name: str) -> timedelta | None:
    seconds = fields.number(name)
    try:
        return None if seconds is None or seconds < 0 else timedelta(seconds=seconds)
    except (OverflowError, ValueError) as error:
        raise FormatError(f"has a {name!r} that is no length of time") from error


def _drop_empty(values: Mapping[str, object]) -> dict[str, object]:
    """Only what says something; zero does."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value not in ("", [], {})
    }


def _time(time: datetime | None) -> str | None:
    if time is None:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return time.astimezone(UTC).isoformat()


def _format_error(name: str, expected: str, found: object) -> FormatError:
    if found is None:
        return FormatError(f"has no {name!r}")
    return FormatError(
        f"has a {name!r} that is not {expected}: {safe_line(replace_surrogates(repr(found)), 60)}"
    )
