"""Errors of the host, and the responses that clients of each protocol know for them."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fakegpt_tui.domain import (
    LoginRefused,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.host.conversations import StateFull, StateLost
from fakegpt_tui.host.limiter import HostFull
from fakegpt_tui.host.meter import LimitReached
from fakegpt_tui.protocol import fakegpt, openai
from fakegpt_tui.protocol.anthropic.replies import message_error_fields
from fakegpt_tui.protocol.client_protocols import error_status
from fakegpt_tui.protocol.fakegpt import InvalidRequest

API_PATHS = "/v1/"
"""Below these clients speak the protocol of an API."""

_STATUSES: dict[type, HTTPStatus] = {
    PromptTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RequestRefused: HTTPStatus.BAD_REQUEST,
    # The login at this host is valid; but a client signs in again only once, and by then the login
    # at the service may be mended, too.
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    LoginRefused: HTTPStatus.UNAUTHORIZED,
    Unsupported: HTTPStatus.NOT_IMPLEMENTED,
    Unreachable: HTTPStatus.GATEWAY_TIMEOUT,
    StateLost: HTTPStatus.SERVICE_UNAVAILABLE,
    HostFull: HTTPStatus.SERVICE_UNAVAILABLE,
    StateFull: HTTPStatus.INSUFFICIENT_STORAGE,
    ServiceError: HTTPStatus.BAD_GATEWAY,
}
LOST_SECONDS = "2"
_SELF_EXPLANATORY = {HTTPStatus.BAD_REQUEST, HTTPStatus.GATEWAY_TIMEOUT}
"""Statuses that need no code in the body."""


class TokenRejection(StrEnum):
    """Why a token is not accepted."""

    MISSING = "missing"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    KEY_NEEDED = "key needed"


class InvalidToken(Exception):
    """The request has no valid token."""

    def __init__(self, reason: TokenRejection) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ThreadNotFound(Exception):
    """The host has no such conversation, or it lacks the message that the request builds upon."""


_TOKEN_ERRORS: dict[TokenRejection, tuple[str, str | None]] = {
    TokenRejection.MISSING: ("Not authenticated", None),
    TokenRejection.EXPIRED: ("The token has expired.", "token_expired"),
    TokenRejection.FOREIGN: ("The token is not of this host.", "invalid_jwt"),
    TokenRejection.KEY_NEEDED: (
        "This host needs an access key: as the session password, or in the header X-API-Key.",
        "access_key_needed",
    ),
}


def json_response(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`body` in ASCII, which every client reads, not to be cached."""
    return Response(
        json.dumps(body),
        status,
        {"cache-control": "no-store", "x-content-type-options": "nosniff", **(headers or {})},
        media_type="application/json",
    )


def missing_fields_response(names: Iterable[str]) -> Response:
    """The list form of an error, for fields of a form."""
    problems = [
        {"loc": ["body", name], "msg": "field required", "type": "value_error.missing"}
        for name in sorted(names)
    ]
    return json_response({"detail": problems}, HTTPStatus.UNPROCESSABLE_ENTITY)


def service_error_response(error: ServiceError) -> Response:
    """The response to an error of a backend, with the status that clients act upon."""
    match error:
        case InvalidRequest():
            return json_response(error.body, HTTPStatus.UNPROCESSABLE_ENTITY)
        case RateLimited(retry_after=wait):
            return rate_limit_response(
                fakegpt.error_message(error), wait, code=fakegpt.error_code(error)
            )
        case _:
            status = next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
            code = None if status in _SELF_EXPLANATORY else fakegpt.error_code(error)
            headers = {"retry-after": LOST_SECONDS} if isinstance(error, StateLost) else None
            if isinstance(error, HostFull):
                headers = waiting_headers(error.retry_after)
            return json_response(
                fakegpt.error_body(fakegpt.error_message(error), code=code), status, headers
            )


def rate_limit_response(
    sentence: str, seconds: float | None, *, code: str | None = None
) -> Response:
    headers = {} if seconds is None else {"retry-after": str(math.ceil(seconds))}
    return json_response(
        fakegpt.error_body(sentence, code=code, clears_in=seconds),
        HTTPStatus.TOO_MANY_REQUESTS,
        headers,
    )


def waiting_headers(wait: float | None) -> dict[str, str]:
    """The headers that say when to ask again; official clients prefer the one in milliseconds."""
    if wait is None:
        return {}
    return {"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))}


def forget_traceback(error: BaseException | None) -> None:
    """Let go of what an error that has been told came through.

    Its frames refer to it in turn: all of a stream would wait for the garbage collector.
    """
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


_MESSAGES = "/v1/messages"


def speaks_messages(request: Request) -> bool:
    """Is it a request of the Messages protocol, whose clients all send their version?"""
    path = request.scope["path"]
    is_route = path == _MESSAGES or path.startswith(f"{_MESSAGES}/")
    return is_route or "anthropic-version" in request.headers


def completion_error_response(error: ServiceError) -> Response:
    """The response to an error in the form of OpenAI's protocol."""
    return json_response(openai.completion_error_body(error), *_status_and_headers(error))


def message_error_response(error: ServiceError) -> Response:
    """The response to an error in the form of the Messages protocol."""
    status, headers = _status_and_headers(error)
    return json_response(message_error_fields(str(error), status), status, headers)


def _status_and_headers(error: ServiceError) -> tuple[int, dict[str, str]]:
    """The same in all protocols of APIs: official clients obey them."""
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


def route_error_response(request: Request, error: Exception) -> Response:
    """The response to an error of a route, of a backend, or of Starlette, such as 404 and 405.

    It has the form of the protocol that clients speak below the path.
    """
    body_of: Callable[[str, int, str | None], dict[str, object]]
    if not request.scope["path"].startswith(API_PATHS):
        of_service, body_of = service_error_response, _fakegpt_body
    elif speaks_messages(request):
        of_service, body_of = message_error_response, _message_body
    else:
        of_service, body_of = completion_error_response, _completion_body
    match error:
        case InvalidToken(reason=reason):
            sentence, code = _TOKEN_ERRORS[reason]
            body = body_of(sentence, HTTPStatus.UNAUTHORIZED, code)
            return json_response(body, HTTPStatus.UNAUTHORIZED, {"www-authenticate": "Bearer"})
        case ServiceError():
            return of_service(error)
        case HTTPException(status_code=status):
            return json_response(body_of(error.detail, status, None), status, error.headers)
        case _:
            raise error


def _fakegpt_body(sentence: str, status: int, code: str | None) -> dict[str, object]:
    is_too_long = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return fakegpt.error_body(sentence, code=fakegpt.MESSAGE_TOO_LONG if is_too_long else code)


def _message_body(sentence: str, status: int, _: str | None) -> dict[str, object]:
    return message_error_fields(sentence, status)


def _completion_body(sentence: str, status: int, _: str | None) -> dict[str, object]:
    return openai.error_fields(sentence, status)
