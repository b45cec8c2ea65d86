"""Saying no in the shapes that clients of the protocol know."""

import json
import math
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fakegpt_tui import wire
from fakegpt_tui.domain import (
    Busy,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.host.tokens import Refusal
from fakegpt_tui.wire import InvalidRequest

_TOO_LONG = "message_length_exceeds_limit"

_STATUSES: dict[type, HTTPStatus] = {
    PromptTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RequestRefused: HTTPStatus.BAD_REQUEST,
    Unsupported: HTTPStatus.NOT_IMPLEMENTED,
    Unreachable: HTTPStatus.GATEWAY_TIMEOUT,
    # No 401, also where a service behind this host wants a login: clients would sign in here again.
    ServiceError: HTTPStatus.BAD_GATEWAY,
}


def json_response(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`body` in ASCII, so that no client stumbles over it, and not to be kept by anybody."""
    return Response(
        json.dumps(body),
        status,
        {"cache-control": "no-store", "x-content-type-options": "nosniff", **(headers or {})},
        media_type="application/json",
    )


def token_refusal(reason: Refusal) -> Response:
    match reason:
        case Refusal.MISSING:
            body = wire.error_body("Not authenticated")
        case Refusal.EXPIRED:
            body = wire.error_body("The token has expired.", code="token_expired")
        case Refusal.FOREIGN:
            body = wire.error_body("The token is not of this host.", code="invalid_jwt")
    return json_response(body, HTTPStatus.UNAUTHORIZED, {"www-authenticate": "Bearer"})


def service_refusal(error: ServiceError) -> Response:
    """What a backend could not do, with the status that makes a client do the right thing."""
    match error:
        case InvalidRequest():
            return json_response(error.body, HTTPStatus.UNPROCESSABLE_ENTITY)
        case Busy(retry_after=wait):
            return rate_limit(f"Only one message at a time: {error}", wait)
        case RateLimited(retry_after=wait):
            return rate_limit(str(error), wait, code="model_cap_exceeded")
        case _:
            code = _TOO_LONG if isinstance(error, PromptTooLong) else None
            status = next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
            return json_response(wire.error_body(str(error), code=code), status)


def rate_limit(sentence: str, seconds: float | None, *, code: str | None = None) -> Response:
    headers = {} if seconds is None else {"retry-after": str(math.ceil(seconds))}
    return json_response(
        wire.error_body(sentence, code=code, clears_in=seconds),
        HTTPStatus.TOO_MANY_REQUESTS,
        headers,
    )


async def refuse_http(_: Request, error: Exception) -> Response:
    """Every refusal of the routes themselves, such as 404 and 405."""
    if not isinstance(error, HTTPException):
        raise error
    too_long = error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    body = wire.error_body(error.detail, code=_TOO_LONG if too_long else None)
    return json_response(body, error.status_code, error.headers)


async def refuse_for_service(_: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceError):
        raise error
    return service_refusal(error)
