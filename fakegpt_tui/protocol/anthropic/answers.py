"""Answers beside replies, as clients of the Messages protocol read them: models and errors.

https://platform.claude.com/docs/en/api/errors, https://platform.claude.com/docs/en/api/models-list
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fakegpt_tui.domain import FakeGPTError, Model
from fakegpt_tui.protocol.client_requests import error_status

_KINDS: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded_error",
    HTTPStatus.GATEWAY_TIMEOUT: "timeout_error",
}
_UNKNOWN_DATE: Final = "1970-01-01T00:00:00Z"
"""What the protocol says where the date is not known."""


def message_error_body(error: FakeGPTError) -> dict[str, object]:
    """The error of a reply, by the status that it has for clients of every API."""
    return message_error_fields(str(error), error_status(error))


def message_error_fields(sentence: str, status: int) -> dict[str, object]:
    """The form of all errors, by status."""
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = _KINDS.get(status, "api_error" if is_ours else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": sentence}}


def message_model_body(model: Model) -> dict[str, object]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.title or model.id,
        "created_at": _UNKNOWN_DATE,
        "lifecycle": "active",
        "max_input_tokens": model.window,
        "max_tokens": model.max_output,
    }


def message_model_list_body(models: Sequence[Model]) -> dict[str, object]:
    """All models at once, as the only page."""
    ids = [model.id for model in models]
    return {
        "data": [message_model_body(model) for model in models],
        "has_more": False,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }
