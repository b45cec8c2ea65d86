"""Error handlers: what the application answers where a route raised an error."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import ServiceError
from fakegpt_tui.host.api_errors import handle_api_error
from fakegpt_tui.host.errors import (
    API_PATHS,
    TOKEN_ERRORS,
    InvalidToken,
    json_response,
    service_error_response,
)
from fakegpt_tui.protocol import fakegpt


async def handle_error(request: Request, error: Exception) -> Response:
    """The response to an error of a route, of a backend, or of Starlette, such as 404 and 405."""
    if request.scope["path"].startswith(API_PATHS):
        return handle_api_error(request, error)
    match error:
        case InvalidToken(reason=reason):
            sentence, code = TOKEN_ERRORS[reason]
            body = fakegpt.error_body(sentence, code=code)
            return json_response(body, HTTPStatus.UNAUTHORIZED, {"www-authenticate": "Bearer"})
        case ServiceError():
            return service_error_response(error)
        case HTTPException(status_code=status):
            too_long = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            body = fakegpt.error_body(
                error.detail, code=fakegpt.MESSAGE_TOO_LONG if too_long else None
            )
            return json_response(body, status, error.headers)
        case _:
            raise error


class _NoResponse(Response):
    """For clients that are gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


async def handle_disconnect(_: Request, error: Exception) -> Response:  # noqa: ARG001 - as called
    """What follows a client that left before its request was whole: nothing."""
    return _NoResponse()
