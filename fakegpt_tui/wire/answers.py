"""The assistant's messages inside a stream: which are the answer, and what they say."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from fakegpt_tui.domain import FinishReason

_ANSWER_TYPES: Final = ("next", "variant", "continue")
_JOINTS: Final = {"text": "", "multimodal_text": "\n"}
"""What stands between the parts of a message, for each kind of content that is for a person."""


class Unended(Enum):
    """Why a message is not the end of the reply."""

    GROWING = auto()
    MORE_FOLLOWS = auto()
    INTERRUPTED = auto()


Ending: TypeAlias = FinishReason | Unended


@dataclass(frozen=True, slots=True)
class Answer:
    """A message of the answer as it stands; `text` is `None` where the event says nothing of it."""

    message_id: str
    text: str | None
    ending: Ending


def read_answer(message: dict[str, object]) -> Answer | None:
    """What `message` adds to the answer; `None` for echoes, tools and hidden messages."""
    content = _object(message.get("content"))
    joint = _JOINTS.get(str(content.get("content_type") or "text"))
    if joint is None or not _is_for_a_person(message):
        return None
    parts = content.get("parts")
    return Answer(
        message_id=str(message.get("id") or ""),
        text=joint.join(_shown(parts)) if isinstance(parts, list) and parts else None,
        ending=_ending(message),
    )


def _is_for_a_person(message: dict[str, object]) -> bool:
    message_type = _object(message.get("metadata")).get("message_type")
    role = _object(message.get("author")).get("role") or message.get("role")
    return (
        (role == "assistant" or (role is None and message_type is not None))
        and message.get("recipient") in ("all", None)
        and message.get("weight") != 0
        and (message_type is None or message_type in _ANSWER_TYPES)
    )


def _shown(parts: list[object]) -> Iterator[str]:
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


def _ending(message: dict[str, object]) -> Ending:
    metadata = _object(message.get("metadata"))
    match _object(metadata.get("finish_details")).get("type"):
        case "max_tokens":
            return FinishReason.LENGTH
        case "content_filter":
            return FinishReason.CONTENT_FILTER
        case "interrupted":
            return Unended.INTERRUPTED
        case str():
            return _last_of_turn(message)
        case _:
            return _ending_by_status(message, is_complete=metadata.get("is_complete") is True)


def _ending_by_status(message: dict[str, object], *, is_complete: bool) -> Ending:
    status = message.get("status")
    if status == "finished_partial_completion":
        return Unended.INTERRUPTED
    if status == "finished_successfully" or is_complete or message.get("end_turn") is True:
        return _last_of_turn(message)
    return Unended.GROWING


def _last_of_turn(message: dict[str, object]) -> Ending:
    return Unended.MORE_FOLLOWS if message.get("end_turn") is False else FinishReason.STOP


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
