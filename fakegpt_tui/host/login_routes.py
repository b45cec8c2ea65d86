"""Signing in and out: the three steps, and their relatives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui.domain import Secret
from fakegpt_tui.host.body import read_form
from fakegpt_tui.host.refusals import json_response, missing_fields, rate_limit
from fakegpt_tui.host.throttle import LoginThrottle
from fakegpt_tui.host.tokens import Claims, Refusal, Tokens
from fakegpt_tui.protocol import fakegpt

_PASSWORD = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[!#-+\--:<-\[\]-~]{8,64}")
"""Letters and digits, and nothing that a cookie cannot carry."""

_NAME_LENGTH = 100
_LONGEST_LIFE = 10**9
_HOME = ".."
"""Where a browser goes after it; relative, because a secret may stand before every path."""

_NO_GOOD = {
    Refusal.MISSING: "No token was given.",
    Refusal.EXPIRED: "The token has expired.",
    Refusal.FOREIGN: "The token is not of this host.",
}


@dataclass(frozen=True, slots=True)
class LoginRoutes:
    """Everything about tokens; none of it is remembered."""

    tokens: Tokens
    throttle: LoginThrottle

    def routes(self) -> list[Route]:
        return [
            Route("/api/loads", self._loads),
            Route("/auth/login", self._login, methods=["POST"]),
            Route("/auth/login_token", self._login_by_token, methods=["POST"]),
            Route("/auth/login_share", self._login_by_share),
            Route("/auth/logout", self._logout),
            Route("/api/auth/session", self._session),
            Route("/token/register", self._register, methods=["POST"]),
            Route("/token/info/{token}", self._info),
        ]

    async def _loads(self, _: Request) -> Response:
        # Never in use: old clients pass over an account that is, and here there is always room.
        return json_response(
            fakegpt.shared_accounts_body([fakegpt.SharedAccount(self.tokens.account, 0)])
        )

    async def _login(self, request: Request) -> Response:
        if refusal := self._throttled():
            return refusal
        match await read_form(request):
            case {"token_key": account, "session_password": password}:
                token = self._issued(account, password)
                cookies = {"credential": token, "session_password": password}
                return _signed_in(json_response({"code": 0, "url": "/"}), cookies)
            case fields:
                return missing_fields({"token_key", "session_password"} - fields.keys())

    def _issued(self, account: str, password: str) -> str:
        if account != self.tokens.account:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such account here.")
        if not _PASSWORD.fullmatch(password):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                "The session password must have 8 to 64 characters, letters and digits among them.",
            )
        return self.tokens.issue(account, Secret(password))

    async def _login_by_token(self, request: Request) -> Response:
        """Sign in with a token that one has; a refusal has status 200, as clients expect."""
        if refusal := self._throttled():
            return refusal
        token = (await read_form(request)).get("access_token", "")
        match self.tokens.verify(token):
            case Refusal() as reason:
                return json_response({"code": 500, "message": _NO_GOOD[reason]})
            case Claims():
                return _signed_in(json_response({"code": 0, "url": "/"}), {"credential": token})

    async def _login_by_share(self, request: Request) -> Response:
        """Sign in by a link; a refusal is a page with status 200, as browsers were shown."""
        token = request.query_params.get("token", "")
        match self.tokens.verify(token):
            case Refusal() as reason:
                return _page(f"<!doctype html><title>{_NO_GOOD[reason]}</title>{_NO_GOOD[reason]}")
            case Claims():
                response = Response(status_code=307, headers={"location": _HOME})
                return _signed_in(response, {"credential": token})

    async def _logout(self, _: Request) -> Response:
        response = Response(status_code=302, headers={"location": _HOME})
        for name in ("credential", "session_password"):
            response.delete_cookie(name, path="/", httponly=True, samesite="lax")
        return response

    async def _session(self, request: Request) -> Response:
        token = request.cookies.get("credential", "")
        match self.tokens.verify(token):
            case Claims(account=account, expires_at=expires_at):
                return json_response(fakegpt.session_body(Secret(token), expires_at, account))
            case Refusal():
                return json_response({})

    async def _register(self, request: Request) -> Response:
        """A share token that stands for an access token, with conversations of its own."""
        if refusal := self._throttled():
            return refusal
        fields = await read_form(request)
        name, life = fields.get("unique_name", ""), fields.get("expires_in", "0")
        if not life.isascii() or not life.isdigit() or int(life) > _LONGEST_LIFE:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "expires_in must be a number of seconds.")
        match self.tokens.verify(fields.get("access_token", "")):
            case Refusal() as reason:
                raise HTTPException(HTTPStatus.BAD_REQUEST, _NO_GOOD[reason])
            case Claims() as claims:
                name = name[:_NAME_LENGTH]
                token, shared = self.tokens.share(claims, name, seconds=int(life))
                told = {"token_key": token, "unique_name": name}
                return json_response({**told, "expire_at": int(shared.expires_at.timestamp())})

    async def _info(self, request: Request) -> Response:
        match self.tokens.verify(request.path_params["token"]):
            case Claims(account=account, owner=owner, expires_at=expires_at):
                told = {"user_id": f"user-{owner[:24]}", "email": f"{account[:8]}@example.invalid"}
                return json_response({**told, "expire_at": int(expires_at.timestamp())})
            case Refusal():
                raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such token.")

    def _throttled(self) -> Response | None:
        wait = self.throttle.wait()
        return rate_limit(f"Too many logins. Try again in {wait} seconds.", wait) if wait else None


def _signed_in(response: Response, cookies: Mapping[str, str]) -> Response:
    for name, value in cookies.items():
        response.set_cookie(name, value, path="/", httponly=True, samesite="lax")
    return response


def _page(content: str) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(content, headers=headers, media_type="text/html")
