"""Assistant messages inside a stream: which belong to the reply, their text and completion."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, TypeAlias

from fakegpt_tui.domain import FinishReason
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.protocol.end_words import EndWord

_REPLY_TYPES: Final = ("next", "variant", "continue")
_PART_SEPARATORS: Final = {"text": "", "multimodal_text": "\n"}
"""The separator of a message's parts, for each content type that is shown."""


class Incomplete(Enum):
    """Why a message is not the end of the reply."""

    GROWING = auto()
    MORE_FOLLOWS = auto()
    INTERRUPTED = auto()


Completion: TypeAlias = FinishReason | Incomplete


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """A message of the reply so far; `text` is `None` if the event has none."""

    message_id: str
    text: str | None
    completion: Completion


def read_assistant_message(message: dict[str, object]) -> AssistantMessage | None:
    """The part of the reply in `message`; `None` for echoes, tools and hidden messages."""
    content = _object(message.get("content"))
    separator = _PART_SEPARATORS.get(str(content.get("content_type") or "text"))
    if separator is None or not _is_visible_reply(message):
        return None
    parts = content.get("parts")
    return AssistantMessage(
        message_id=str(message.get("id") or ""),
        text=separator.join(_part_texts(parts)) if isinstance(parts, list) and parts else None,
        completion=_completion(message),
    )


def _is_visible_reply(message: dict[str, object]) -> bool:
    message_type = _object(message.get("metadata")).get("message_type")
    role = _object(message.get("author")).get("role") or message.get("role")
    return (
        (role == "assistant" or (role is None and message_type is not None))
        and message.get("recipient") in ("all", None)
        and message.get("weight") != 0
        and (message_type is None or message_type in _REPLY_TYPES)
    )


def _part_texts(parts: list[object]) -> Iterator[str]:
    for part in parts:
        match part:
            case str():
                yield part
            case {"content_type": str(kind)} if "image" in kind:
                yield "[image]"
            case dict():
                yield "[attachment]"
            case _:
                pass


def _completion(message: dict[str, object]) -> Completion:
    metadata = _object(message.get("metadata"))
    match _object(metadata.get("finish_details")).get("type"):
        case str(word):
            return _completion_by_word(word) or _end_of_message(message)
        case _:
            return _completion_by_status(message, is_complete=metadata.get("is_complete") is True)


def _completion_by_word(word: str) -> Completion | None:
    """What `word` says of a message that is not whole; `None` where it says no such thing."""
    end = EndWord(word)
    if end.error is not None:
        return Incomplete.INTERRUPTED
    return None if end.reason is FinishReason.STOP else end.reason


def _completion_by_status(message: dict[str, object], *, is_complete: bool) -> Completion:
    status = message.get("status")
    if status == "finished_partial_completion":
        return Incomplete.INTERRUPTED
    if status == "finished_successfully" or is_complete or message.get("end_turn") is True:
        return _end_of_message(message)
    return Incomplete.GROWING


def _end_of_message(message: dict[str, object]) -> Completion:
    return Incomplete.MORE_FOLLOWS if message.get("end_turn") is False else FinishReason.STOP


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
