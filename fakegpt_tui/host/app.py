"""What the host answers: the login steps, the conversation, the models."""

import asyncio
import re
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fakegpt_tui import wire
from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import Secret, ServiceError, new_id, now
from fakegpt_tui.host.body import read_form, read_json
from fakegpt_tui.host.guard import Guard
from fakegpt_tui.host.refusals import (
    json_response,
    rate_limit,
    refuse_for_service,
    refuse_http,
    token_refusal,
)
from fakegpt_tui.host.replies import ReplyStream
from fakegpt_tui.host.throttle import LoginThrottle
from fakegpt_tui.host.tokens import Claims, Refusal, Tokens
from fakegpt_tui.wire import Action, ConversationRequest

_PASSWORD = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[!#-+\--:<-\[\]-~]{8,64}")
"""Letters and digits, and nothing that a cookie cannot carry."""


@dataclass(kw_only=True)
class HostApp:
    """One backend behind the wire format. All of it lives in one event loop."""

    backend: Backend
    tokens: Tokens
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    ping_seconds: float = 15.0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set, replies that are under way end, and their clients are told why."""

    def __post_init__(self) -> None:
        self._account = self.tokens.derived("account", "1")

    def guarded(self, secret: str = "") -> ASGIApp:
        """The application for a server, reachable only under the path `/secret/`."""
        app = Starlette(
            routes=[
                Route("/api/loads", self._loads),
                Route("/auth/login", self._login, methods=["POST"]),
                Route("/api/auth/session", self._session),
                Route("/api/conversation", self._conversation, methods=["POST"]),
                Route("/api/models", self._models),
            ],
            exception_handlers={HTTPException: refuse_http, ServiceError: refuse_for_service},
        )
        app.router.redirect_slashes = False
        return Guard(app, secret)

    async def _loads(self, _: Request) -> Response:
        # Never in use: old clients pass over an account that is, and here there is always room.
        return json_response(wire.loads_body([wire.Load(self._account, 0)]))

    async def _login(self, request: Request) -> Response:
        wait = self.throttle.wait()
        if wait:
            return rate_limit(f"Too many logins. Try again in {wait} seconds.", wait)
        match await read_form(request):
            case {"token_key": account, "session_password": password}:
                return self._signed_in(account, password)
            case fields:
                missing = {"token_key", "session_password"} - fields.keys()
                return _missing_fields(sorted(missing))

    def _signed_in(self, account: str, password: str) -> Response:
        if account != self._account:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such account here.")
        if not _PASSWORD.fullmatch(password):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                "The session password must have 8 to 64 characters, letters and digits among them.",
            )
        response = json_response({"code": 0, "url": "/"})
        token = self.tokens.issue(account, Secret(password))
        for name, value in (("credential", token), ("session_password", password)):
            response.set_cookie(name, value, path="/", httponly=True, samesite="lax")
        return response

    async def _session(self, request: Request) -> Response:
        token = request.cookies.get("credential", "")
        match self.tokens.verify(token):
            case Claims(account=account, expires_at=expires_at):
                return json_response(wire.session_body(Secret(token), expires_at, account))
            case Refusal():
                return json_response({})

    async def _models(self, request: Request) -> Response:
        match self.tokens.verify(_presented(request.headers)):
            case Refusal() as reason:
                return token_refusal(reason)
            case Claims():
                return json_response(wire.models_body(await self.backend.models()))

    async def _conversation(self, request: Request) -> Response | ReplyStream:
        match self.tokens.verify(_presented(request.headers)):
            case Refusal() as reason:
                return token_refusal(reason)
            case Claims():
                asked = wire.read_conversation_request(await read_json(request))
        if asked.conversation_id is not None or asked.action is Action.CONTINUE:
            return _unknown_conversation(asked)
        if not asked.model:
            asked = replace(asked, model=(await self.backend.models())[0].id)
        return ReplyStream(
            self.backend.stream(
                ReplyRequest(messages=asked.messages, model=asked.model, prompt_id=asked.message_id)
            ),
            wire.ReplyWriter(asked, conversation_id=new_id(), reply_id=new_id(), created_at=now()),
            stopping=self.stopping,
            ping_seconds=self.ping_seconds,
        )


def _presented(headers: Headers) -> str | None:
    """The token of a request; which header has it, and whether a scheme is named, is all one."""
    given = headers.get("x-authorization") or headers.get("authorization") or ""
    scheme, _, token = given.strip().rpartition(" ")
    return token if scheme.strip().lower() in ("", "bearer") else None


def _missing_fields(names: list[str]) -> Response:
    problems = [
        {"loc": ["body", name], "msg": "field required", "type": "value_error.missing"}
        for name in names
    ]
    return json_response({"detail": problems}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _unknown_conversation(asked: ConversationRequest) -> Response:
    """The host keeps no conversations; whoever asks for one starts again with packed history."""
    code = "conversation_not_found"
    body = wire.error_body(
        f"Can't load conversation {asked.conversation_id}",
        code=f"history_disabled_{code}" if asked.history_disabled else code,
    )
    return json_response(body, HTTPStatus.NOT_FOUND)
