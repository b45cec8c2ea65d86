"""API errors: the responses to errors below `/v1`, in the form that the client's protocol has."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fakegpt_tui.domain import RateLimited, ServiceError
from fakegpt_tui.host.conversations import StateLost
from fakegpt_tui.host.errors import (
    LOST_SECONDS,
    TOKEN_ERRORS,
    InvalidToken,
    json_response,
    waiting_headers,
)
from fakegpt_tui.host.meter import HostFull, LimitReached
from fakegpt_tui.protocol import openai
from fakegpt_tui.protocol.anthropic.answers import message_error_fields
from fakegpt_tui.protocol.client_requests import error_status

_MESSAGES = "/v1/messages"


def speaks_messages(request: Request) -> bool:
    """Is it a request of the Messages protocol, whose clients all send their version?"""
    path = request.scope["path"]
    is_route = path == _MESSAGES or path.startswith(f"{_MESSAGES}/")
    return is_route or "anthropic-version" in request.headers


def completion_error_response(error: ServiceError) -> Response:
    """The response to an error in the form of OpenAI's protocol."""
    return json_response(openai.completion_error_body(error), *_head(error))


def message_error_response(error: ServiceError) -> Response:
    """The response to an error in the form of the Messages protocol."""
    status, headers = _head(error)
    return json_response(message_error_fields(str(error), status), status, headers)


def handle_api_error(request: Request, error: Exception) -> Response:
    """The response to an error of a route, of a backend, or of Starlette."""
    if speaks_messages(request):
        return _response(error, message_error_response, message_error_fields)
    return _response(error, completion_error_response, openai.error_fields)


def _head(error: ServiceError) -> tuple[int, dict[str, str]]:
    """Status and headers, the same in all protocols: official clients obey them."""
    headers, status = {}, error_status(error)
    if isinstance(error, RateLimited | HostFull):
        headers = waiting_headers(error.retry_after)
    if isinstance(error, LimitReached) and not error.is_temporary:
        headers["x-should-retry"] = "false"
    if isinstance(error, StateLost):
        headers = {"retry-after": LOST_SECONDS}
    if isinstance(error, HostFull | StateLost):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return status, headers


def _response(
    error: Exception,
    of_service: Callable[[ServiceError], Response],
    fields: Callable[[str, int], dict[str, object]],
) -> Response:
    match error:
        case InvalidToken(reason=reason):
            sentence, _ = TOKEN_ERRORS[reason]
            body = fields(sentence, HTTPStatus.UNAUTHORIZED)
            return json_response(body, HTTPStatus.UNAUTHORIZED, {"www-authenticate": "Bearer"})
        case ServiceError():
            return of_service(error)
        case HTTPException(status_code=status):
            return json_response(fields(error.detail, status), status, error.headers)
        case _:
            raise error
