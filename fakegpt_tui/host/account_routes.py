"""Account routes: login, logout, tokens, models, account and limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.domain import Secret
from fakegpt_tui.host.access import Access, OpenRoute
from fakegpt_tui.host.access_keys import KEY_PREFIX
from fakegpt_tui.host.authentication import Claims
from fakegpt_tui.host.client_address import LoginThrottle
from fakegpt_tui.host.errors import (
    InvalidToken,
    TokenRejection,
    json_response,
    missing_fields_response,
    rate_limit_response,
)
from fakegpt_tui.host.logs import AuditLog
from fakegpt_tui.host.model_routes import usable_models
from fakegpt_tui.host.request_body import read_form
from fakegpt_tui.protocol import fakegpt

_PASSWORD = re.compile(r"[!#-+\--:<-\[\]-~]{8,64}")
"""Nothing that a cookie cannot carry. Some clients choose ten letters, and none has to be safe."""

_NAME_LENGTH = 100
_MAX_LIFETIME = 10**9
_HOME = ".."
"""Where a browser goes then; relative, because every path may begin with a secret."""

_TOKEN_ERRORS = {
    TokenRejection.MISSING: "No token was given.",
    TokenRejection.EXPIRED: "The token has expired.",
    TokenRejection.FOREIGN: "The token is not of this host.",
    TokenRejection.KEY_NEEDED: "This host needs an access key.",
}


@dataclass(frozen=True, slots=True)
class AccountRoutes:
    """Login and tokens, of which nothing is stored, and what a client asks about its account."""

    backend: Backend
    access: Access
    throttle: LoginThrottle
    audit: AuditLog = field(default_factory=AuditLog)

    def routes(self) -> list[Route]:
        return [
            Route("/api/models", self._models),
            Route("/api/accounts/check", self._account),
            Route("/api/accounts/check/{version}", self._account),
            Route("/api/conversation_limit", self._limit),
            OpenRoute("/public-api/conversation_limit", self._public_limit),
            OpenRoute("/api/loads", self._loads),
            OpenRoute("/auth/login", self._login, methods=["POST"]),
            OpenRoute("/auth/login_token", self._login_by_token, methods=["POST"]),
            OpenRoute("/auth/login_share", self._login_by_share),
            OpenRoute("/auth/logout", self._logout),
            OpenRoute("/api/auth/session", self._session),
            OpenRoute("/token/register", self._register, methods=["POST"]),
            OpenRoute("/token/info/{token}", self._info),
        ]

    async def _models(self, request: Request) -> Response:
        models = await self.backend.models()
        return json_response(
            fakegpt.models_body(usable_models(self.access.key_of(request), models))
        )

    async def _account(self, request: Request) -> Response:
        return json_response(fakegpt.account_body(self.access.require_claims(request).account))

    async def _limit(self, request: Request) -> Response:
        self.access.require_claims(request)
        return await self._public_limit(request)

    async def _public_limit(self, _: Request) -> Response:
        return json_response(fakegpt.limit_body())

    async def _loads(self, _: Request) -> Response:
        # Its use is always 0, because old clients skip an account that is in use.
        account = fakegpt.SharedAccount(self.access.account, 0)
        return json_response(fakegpt.shared_accounts_body([account]))

    async def _login(self, request: Request) -> Response:
        if too_many := self._throttled(request):
            return too_many
        match await read_form(request):
            case {"token_key": account, "session_password": password}:
                try:
                    token = self._issue_token(request, account, password)
                except (HTTPException, InvalidToken):
                    self._note_refusal(request)
                    raise
                cookies = {"credential": token}
                if not password.startswith(KEY_PREFIX):
                    cookies["session_password"] = password
                return _set_cookies(json_response({"code": 0, "url": "/"}), cookies)
            case fields:
                return missing_fields_response({"token_key", "session_password"} - fields.keys())

    def _issue_token(self, request: Request, account: str, password: str) -> str:
        if account != self.access.account:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such account here.")
        key = self.access.key_for_login(request, password)
        if not password.startswith(KEY_PREFIX) and not _PASSWORD.fullmatch(password):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                "The session password must have 8 to 64 letters, digits and signs, "
                "without blanks, quotation marks, commas, semicolons and backslashes.",
            )
        return self.access.issue_token(password, key)

    async def _login_by_token(self, request: Request) -> Response:
        """Sign in with a token; clients expect a rejection to have status 200."""
        if too_many := self._throttled(request):
            return too_many
        token = (await read_form(request)).get("access_token", "")
        match self.access.verify(token):
            case TokenRejection() as reason:
                self._note_refusal(request)
                return json_response({"code": 500, "message": _TOKEN_ERRORS[reason]})
            case Claims():
                return _set_cookies(json_response({"code": 0, "url": "/"}), {"credential": token})

    async def _login_by_share(self, request: Request) -> Response:
        """Sign in by a link; a rejection is a page with status 200, as browsers always saw it."""
        token = request.query_params.get("token", "")
        match self.access.verify(token):
            case TokenRejection() as reason:
                sentence = _TOKEN_ERRORS[reason]
                return _html_response(f"<!doctype html><title>{sentence}</title>{sentence}")
            case Claims():
                response = Response(status_code=307, headers={"location": _HOME})
                return _set_cookies(response, {"credential": token})

    async def _logout(self, _: Request) -> Response:
        response = Response(status_code=302, headers={"location": _HOME})
        for name in ("credential", "session_password"):
            response.delete_cookie(name, path="/", httponly=True, samesite="lax")
        return response

    async def _session(self, request: Request) -> Response:
        token = request.cookies.get("credential", "")
        match self.access.verify(token):
            case Claims(account=account, expires_at=expires_at):
                return json_response(fakegpt.session_body(Secret(token), expires_at, account))
            case TokenRejection():
                return json_response({})

    async def _register(self, request: Request) -> Response:
        """A share token that stands for an access token, with conversations of its own."""
        if too_many := self._throttled(request):
            return too_many
        fields = await read_form(request)
        name, life = fields.get("unique_name", ""), fields.get("expires_in", "0")
        if not life.isascii() or not life.isdigit() or int(life) > _MAX_LIFETIME:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "expires_in must be a number of seconds.")
        match self.access.verify(fields.get("access_token", "")):
            case TokenRejection() as reason:
                raise HTTPException(HTTPStatus.BAD_REQUEST, _TOKEN_ERRORS[reason])
            case Claims() as claims:
                name = name[:_NAME_LENGTH]
                token, shared = self.access.issue_share_token(claims, name, seconds=int(life))
                body = {"token_key": token, "unique_name": name}
                return json_response({**body, "expire_at": int(shared.expires_at.timestamp())})

    async def _info(self, request: Request) -> Response:
        match self.access.verify(request.path_params["token"]):
            case Claims(account=account, owner=owner, expires_at=expires_at):
                body = {"user_id": f"user-{owner[:24]}", "email": f"{account[:8]}@example.invalid"}
                return json_response({**body, "expire_at": int(expires_at.timestamp())})
            case TokenRejection():
                raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such token.")

    def _note_refusal(self, request: Request) -> None:
        address = request.scope.get("fakegpt.address", "")
        self.audit.note("login", actor="client", outcome="refused", address=address)

    def _throttled(self, request: Request) -> Response | None:
        if wait := self.throttle.acquire(request.scope.get("fakegpt.address", "")):
            return rate_limit_response(f"Too many logins. Try again in {wait} seconds.", wait)
        return None


def _set_cookies(response: Response, cookies: Mapping[str, str]) -> Response:
    for name, value in cookies.items():
        response.set_cookie(name, value, path="/", httponly=True, samesite="lax")
    return response


def _html_response(content: str) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(content, headers=headers, media_type="text/html")
