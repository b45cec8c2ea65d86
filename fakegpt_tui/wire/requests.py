"""What is asked in a conversation: the body that a client posts, and how a host reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fakegpt_tui.domain import ContextMessage, RequestRefused


class Action(StrEnum):
    """What a conversation request wants: an answer, another one, or the rest of one."""

    NEXT = "next"
    VARIANT = "variant"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRequest:
    """What a client asked for. `messages` is empty only for `Action.CONTINUE`.

    `conversation_id` is `None` for a new conversation; an empty `model` leaves the choice to the host.
    """

    action: Action
    messages: tuple[ContextMessage, ...]
    model: str
    message_id: str
    parent_message_id: str | None
    conversation_id: str | None
    history_disabled: bool

    @property
    def prompt(self) -> str:
        """The text of the last message."""
        return self.messages[-1].text if self.messages else ""


class InvalidRequest(RequestRefused):
    """A conversation request that cannot be read; `body` is the answer to send with status 422."""

    def __init__(self, problem: str, *place: str | int) -> None:
        super().__init__(f"{'.'.join(str(step) for step in place)}: {problem}.")
        self.problem = problem
        self.place = place

    @property
    def body(self) -> dict[str, object]:
        """The list form of an error, naming the field."""
        raise NotImplementedError


def pack_prompt(messages: Sequence[ContextMessage]) -> str:
    """`messages` as the one prompt that the protocol has room for.

    A single message goes as it is; several become lines of `Role: text`, ending in `Assistant:`.

    Raises:
        ValueError: There is no message.
    """
    raise NotImplementedError


def conversation_request(
    *, prompt: str, model: str, message_id: str, parent_id: str, timezone_offset_min: int
) -> dict[str, object]:
    """The body of `POST /api/conversation` that starts a new conversation without history.

    `timezone_offset_min` has the sign of JavaScript: -120 is two hours ahead of UTC.
    """
    raise NotImplementedError


def read_conversation_request(body: object) -> ConversationRequest:
    """What a parsed JSON body asks for, however old the client that sent it.

    Raises:
        InvalidRequest: Something it cannot do without is missing or of another kind.
    """
    raise NotImplementedError
