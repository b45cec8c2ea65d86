"""What the protocols of APIs have in common for a host: requests, settings, errors, progress.

A host reads which messages clients send, for which model, with which settings, and what is not for
them to ask for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fakegpt_tui.domain import (
    BadReply,
    ContextMessage,
    FakeGPTError,
    FinishReason,
    GenerationSettings,
    PromptTooLong,
    RateLimited,
    ReplyEnded,
    RequestRefused,
    StreamEvent,
    TextReplaced,
    Unreachable,
    Usage,
    UsageReported,
)
from fakegpt_tui.protocol.completion_settings import (
    ClientField,
    InvalidSettingField,
    read_client_settings,
)
from fakegpt_tui.text import replace_surrogates

_MAX_MESSAGES: Final = 1000
_MAX_NAME_LENGTH: Final = 200

_FOREIGN: Final = {
    *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers"),
    *("custom_llm_provider", "organization", "proxy", "backend", "upstream"),
}
"""Fields by which a client would choose where its request goes, and with which key."""


class InvalidClientRequest(RequestRefused):
    """A request that cannot be read or done; `param` is the field."""

    def __init__(self, sentence: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(sentence)
        self.param = param
        self.code = code


class ModelNotFound(InvalidClientRequest):
    """There is no model of the name in the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequest:
    """A request for a reply; an empty `model` is the host's choice."""

    messages: tuple[ContextMessage, ...]
    model: str
    generation: GenerationSettings
    is_streamed: bool
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """The bytes of pictures and files in the messages, by their digest."""


def check_fields(
    body: object, unsupported: Mapping[str, tuple[object, ...]]
) -> Mapping[str, object]:
    """A parsed JSON body, if it asks for nothing that is not for clients, or cannot be done.

    `unsupported` has the fields that change what a reply means, with the values that ask for
    nothing unusual.

    Raises:
        InvalidClientRequest: It does.
    """
    if not isinstance(body, dict):
        raise InvalidClientRequest("The body must be a JSON object.")
    for name in sorted(_FOREIGN & body.keys()):
        raise InvalidClientRequest(f"{name} is not for clients of this host to set.", name)
    for name, usual in unsupported.items():
        if body.get(name) not in usual:
            raise InvalidClientRequest(f"This host cannot do what {name} asks for.", name)
    return body


def read_message_list(body: Mapping[str, object]) -> list[object]:
    """The messages of a request, unread.

    Raises:
        InvalidClientRequest: There are none, or too many.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not 0 < len(messages) <= _MAX_MESSAGES:
        raise InvalidClientRequest(
            f"messages must be a list of 1 to {_MAX_MESSAGES} messages.", "messages"
        )
    return messages


def read_model_name(body: Mapping[str, object]) -> str:
    """The model that a request names, or an empty text.

    Raises:
        InvalidClientRequest: That is no name.
    """
    model = body.get("model") or ""
    if not isinstance(model, str) or len(model) > _MAX_NAME_LENGTH:
        raise InvalidClientRequest("model must be the name of a model.", "model")
    return replace_surrogates(model)


def read_generation(
    body: Mapping[str, object],
    fields: tuple[ClientField, ...],
    passed_on: frozenset[str] = frozenset(),
) -> GenerationSettings:
    """The settings of a request, as `read_client_settings`.

    Raises:
        InvalidClientRequest: One cannot be used.
    """
    try:
        return read_client_settings(body, fields, passed_on)
    except InvalidSettingField as error:
        raise InvalidClientRequest(str(error), error.param) from error


def error_status(error: FakeGPTError) -> int:
    """The status by which clients tell what kind of error this is, and whether to try again.

    A refusal of the host's own login at the service is not one of the client's key.
    """
    match error:
        case ModelNotFound():
            return HTTPStatus.NOT_FOUND
        case RequestRefused() | PromptTooLong():
            return HTTPStatus.BAD_REQUEST
        case RateLimited():
            return HTTPStatus.TOO_MANY_REQUESTS
        case Unreachable():
            return HTTPStatus.GATEWAY_TIMEOUT
        case _:
            return HTTPStatus.BAD_GATEWAY


@dataclass(slots=True)
class ReplyProgress:
    """How long the text of a reply is, what it took, and how it ended; none of its text."""

    prompt_tokens: int = 0
    """An estimate, which is told where the service tells nothing."""
    length: int = 0
    reported: Usage | None = None
    reason: FinishReason | None = None

    @property
    def usage(self) -> Usage:
        return self.reported or Usage(self.prompt_tokens, math.ceil(self.length / 4))

    def note(self, event: StreamEvent) -> None:
        """Learn of an event that is no text."""
        match event:
            case UsageReported(usage):
                self.reported = usage
            case ReplyEnded(reason):
                self.reason = reason
            case _:
                pass

    def added(self, replaced: TextReplaced) -> str:
        """What a rewriting adds.

        Raises:
            BadReply: It changes what was sent already.
        """
        if replaced.keep != self.length:
            raise BadReply("The service rewrote its reply, which this protocol cannot say.")
        return replaced.text
