"""Conversation requests: written by the client, read by the host."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Final

from fakegpt_tui.domain import ContextMessage, RequestRefused, Role, new_id
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.protocol.completion_content import ContentParser, InvalidContent
from fakegpt_tui.text import replace_surrogates

_MAX_NAME_LENGTH: Final = 200
"""Characters of an id or a model; they are echoed in every event."""

_MAX_MESSAGES: Final = 1000


class ConversationAction(StrEnum):
    """What a conversation request wants: a reply, a variant, or the rest of a reply."""

    NEXT = "next"
    VARIANT = "variant"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRequest:
    """A request of a client. `messages` is empty only for `ConversationAction.CONTINUE`.

    `conversation_id` is `None` for a new conversation; an empty `model` is the host's choice.
    """

    action: ConversationAction
    messages: tuple[ContextMessage, ...]
    model: str
    message_id: str
    parent_message_id: str | None
    conversation_id: str | None
    history_disabled: bool
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """The bytes of pictures and files in the messages, by their digest."""

    @property
    def prompt(self) -> str:
        """The text of the last message."""
        return self.messages[-1].text if self.messages else ""


class InvalidRequest(RequestRefused):
    """A conversation request that cannot be read; `body` is the response with status 422."""

    def __init__(self, problem: str, *location: str | int) -> None:
        super().__init__(f"{'.'.join(str(step) for step in location)}: {problem}.")
        self.problem = problem
        self.location = location

    @property
    def body(self) -> dict[str, object]:
        """The list form of an error, naming the field."""
        loc = ["body", *self.location]
        return {"detail": [{"loc": loc, "msg": self.problem, "type": "value_error"}]}


def read_conversation_request(body: object) -> ConversationRequest:
    """Read a parsed JSON body, from clients of any age.

    Unknown fields are ignored, and null counts as absent.

    Raises:
        InvalidRequest: A required field is missing, or a field has the wrong type.
    """
    if not isinstance(body, dict):
        raise InvalidRequest("a JSON object is required")
    action = _action(body)
    messages = body.get("messages") or []
    if not isinstance(messages, list):
        raise InvalidRequest("a list is required", "messages")
    if not messages and action is not ConversationAction.CONTINUE:
        raise InvalidRequest("at least one message is required", "messages")
    if len(messages) > _MAX_MESSAGES:
        raise InvalidRequest(f"at most {_MAX_MESSAGES} messages are allowed", "messages")
    parser = ContentParser()
    return ConversationRequest(
        action=action,
        messages=tuple(_message(message, parser, index) for index, message in enumerate(messages)),
        model=_optional_text(body, "model") or "",
        message_id=_last_id(messages) or new_id(),
        parent_message_id=_optional_text(body, "parent_message_id"),
        conversation_id=_optional_text(body, "conversation_id"),
        history_disabled=body.get("history_and_training_disabled") is True,
        blobs=parser.blobs,
    )


def _action(body: dict[str, object]) -> ConversationAction:
    try:
        return ConversationAction(_optional_text(body, "action") or ConversationAction.NEXT)
    except ValueError:
        known = ", ".join(ConversationAction)
        raise InvalidRequest(f"must be one of {known}", "action") from None


def _message(message: object, parser: ContentParser, index: int) -> ContextMessage:
    """A message; its parts are texts, and pictures and files as clients of OpenAI send them."""
    place = "messages", index, "content", "parts"
    match message:
        case {"content": {"parts": list(pieces)}} | {"content": list(pieces)}:
            given: object = pieces
        case {"content": str(text)}:
            given = text
        case _:
            raise InvalidRequest("a list is required", *place)
    try:
        given = [_piece(each) for each in given] if isinstance(given, list) else given
        text, parts = parser.read(given)
    except InvalidContent as error:
        raise InvalidRequest(str(error), *place) from error
    return ContextMessage(_role(message), text, parts=parts)


def _piece(piece: object) -> object:
    match piece:
        case str(text):
            return {"type": "text", "text": text}
        case {"asset_pointer": _}:
            raise InvalidContent("names an upload, and none are kept; pictures go as data: URLs")
        case _:
            return piece


def _role(message: object) -> str:
    match message:
        case {"author": {"role": str(role)}} | {"role": str(role)} if role:
            return role
        case _:
            return Role.USER


def _last_id(messages: list[object]) -> str | None:
    match messages:
        case [*before, {"id": str(message_id)}]:
            return _optional_text({"id": message_id}, "id", "messages", len(before))
        case _:
            return None


def _optional_text(body: dict[str, object], name: str, *place: str | int) -> str | None:
    match body.get(name):
        case None | "":
            return None
        case str(text) if len(text) <= _MAX_NAME_LENGTH:
            return replace_surrogates(text)
        case str():
            raise InvalidRequest(f"at most {_MAX_NAME_LENGTH} characters are allowed", *place, name)
        case _:
            raise InvalidRequest("a string is required", *place, name)


def pack_prompt(messages: Sequence[ContextMessage]) -> str:
    """`messages` as the one prompt that the protocol has room for.

    A single message goes as it is; several become lines of `Role: text`, ending in `Assistant:`.

    Raises:
        ValueError: There is no message.
    """
    match messages:
        case []:
            raise ValueError("There is no message to pack into a prompt.")
        case [only]:
            return only.text
        case _:
            lines = [f"{message.role.capitalize()}: {message.text}" for message in messages]
            return "\n".join([*lines, "Assistant:"])


def conversation_request_body(
    *,
    prompt: str | None,
    model: str,
    message_id: str,
    parent_id: str,
    timezone_offset_min: int,
    action: ConversationAction = ConversationAction.NEXT,
    conversation_id: str | None = None,
    keep_history: bool = False,
) -> dict[str, object]:
    """The body of `POST /api/conversation`.

    Args:
        prompt: The text; `None` for `ConversationAction.CONTINUE`, which has none.
        model: The name that the service has for it.
        message_id: The id of the prompt.
        parent_id: The message that the prompt follows, or the reply that is continued; random for
            the first message of a conversation.
        timezone_offset_min: With the sign of JavaScript: -120 is two hours ahead of UTC.
        action: What the request wants.
        conversation_id: The conversation that the service keeps; `None` begins a new one.
        keep_history: May the service keep the conversation, so that it can continue?
    """
    message = {
        "id": message_id,
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": [replace_surrogates(prompt or "")]},
        "metadata": {},
    }
    conversation = {} if conversation_id is None else {"conversation_id": conversation_id}
    return {
        "action": action.value,
        **({} if prompt is None else {"messages": [message]}),
        **conversation,
        "parent_message_id": parent_id,
        "model": model,
        "plugin_ids": [],
        "timezone_offset_min": timezone_offset_min,
        "suggestions": [],
        "history_and_training_disabled": not keep_history,
        "arkose_token": "",
        "force_paragen": False,
    }
