"""Login steps: the three requests of a login, and what their responses mean."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from typing import TypeAlias

import httpx

from fakegpt_tui.domain import (
    BadReply,
    LoginRefused,
    RateLimited,
    RequestRefused,
    Secret,
    ServiceError,
    Session,
    SigningIn,
    Unreachable,
    now,
)
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.http.addresses import is_header_safe, origin
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.errors import CONNECTION_ERRORS, proxy_login_required, translate_error
from fakegpt_tui.http.responses import read_body
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.text import safe_line

ReportStep: TypeAlias = Callable[[SigningIn], None]

_STEP_NAMES = ("asking for accounts", "logging in", "fetching the token")
_STEPS = len(_STEP_NAMES)
_TOKEN_COOKIE = "credential"  # noqa: S105 - the name of the cookie, not what is in it
_ACCOUNTS_LIMIT = 8_000_000
_BODY_LIMIT = 1_000_000
_MAX_COOKIES = 50
_MAX_COOKIE_LENGTH = 8192
_PROXY_STATUS = 407
_TRANSIENT_STATUSES = {_PROXY_STATUS, 408, 429}
_ACCOUNT_STATUSES = {400, 401, 404, 409, 410, 422}
"""Statuses that may be about the account; 403 and 429 are about this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPolicy:
    """The limits of every request: `seconds` for a whole response, and the retries."""

    seconds: float = 30.0
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Callable[[], datetime] = now


class AccountRefused(LoginRefused):
    """The service refuses this account; it may accept another one."""


@dataclass(frozen=True, slots=True)
class _StepResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes
    location: str | None = None


class LoginClient:
    """Performs the steps with one HTTP client, whose cookies are of this login alone."""

    def __init__(
        self,
        transport: Transport,
        client: httpx.AsyncClient,
        report: ReportStep,
        policy: LoginPolicy,
    ) -> None:
        self._route = transport.route
        self._address = transport.address
        self._endpoints = transport.service.endpoints
        self._client = client
        self._report = report
        self._policy = policy

    async def list_accounts(self) -> list[fakegpt.SharedAccount]:
        """The shared accounts, in the order of the service.

        Raises:
            ServiceError: The request failed, or there are no accounts.
        """
        seconds = int(self._policy.clock().timestamp())
        path = f"{self._endpoints.loads}?t={seconds}"
        response = await self._perform_step(1, "GET", path, limit=_ACCOUNTS_LIMIT)
        self._raise_for_status(response)
        return fakegpt.read_shared_accounts(response.body)

    async def log_in(self, account: str, password: Secret) -> Session:
        """Log in to an account, with a password that keeps its conversations apart from others.

        Only the token tells success: services refuse a login with status 200, and accept one with
        a redirect.

        Raises:
            AccountRefused: Another account may be accepted.
            ServiceError: No other account would help.
        """
        self._client.cookies.clear()
        form = {"token_key": account, "session_password": password.reveal()}
        login = await self._perform_step(2, "POST", self._endpoints.login, form=form)
        if not list(self._client.cookies.jar):
            self._raise_for_status(login)
        response = await self._perform_step(3, "GET", self._endpoints.session)
        reply = self._read_session(login, response)
        return Session(
            base_url=self._address.text,
            token=reply.token,
            expires_at=reply.expires_at,
            account=account,
            password=password,
            cookies=tuple(self._cookies_to_send()),
        )

    def _read_session(
        self, login: _StepResponse, response: _StepResponse
    ) -> fakegpt.SessionResponse:
        try:
            self._raise_for_status(response)
            return fakegpt.read_session(response.body)
        except (LoginRefused, BadReply) as error:
            token = self._token_cookie()
            if token:
                return fakegpt.SessionResponse(Secret(token), fakegpt.token_expiry(token))
            raise AccountRefused(fakegpt.error_text(login.body) or str(error)) from error

    def _token_cookie(self) -> str:
        """A token that came as a cookie, and may not have gone back: `Secure` on plain HTTP."""
        values = [c.value or "" for c in self._client.cookies.jar if c.name == _TOKEN_COOKIE]
        return next((value for value in values if is_header_safe(value)), "")

    def _cookies_to_send(self) -> Iterator[tuple[str, Secret]]:
        url = self._address.url(self._endpoints.conversation)
        request = self._client.build_request("POST", url)
        for pair in request.headers.get("Cookie", "").split("; ")[:_MAX_COOKIES]:
            name, _, value = pair.partition("=")
            if is_header_safe(pair) and name and len(pair) <= _MAX_COOKIE_LENGTH:
                yield name, Secret(value)

    def _raise_for_status(self, response: _StepResponse) -> None:
        if response.status < httpx.codes.BAD_REQUEST:
            return
        error = self._to_error(response)
        if response.status in _ACCOUNT_STATUSES:
            raise AccountRefused(str(error)) from error
        raise error

    def _to_error(self, response: _StepResponse) -> ServiceError:
        if response.status == _PROXY_STATUS and self._route.proxy:
            return Unreachable(proxy_login_required(self._route))
        return fakegpt.response_error(
            response.status, response.headers, response.body, service_host=str(self._route)
        )

    async def _perform_step(
        self,
        step: int,
        method: str,
        path: str,
        *,
        limit: int = _BODY_LIMIT,
        form: dict[str, str] | None = None,
    ) -> _StepResponse:
        """The response to one step, with retries."""
        what = _STEP_NAMES[step - 1]
        retries = self._policy.retries
        attempt = 1
        while True:
            self._report(SigningIn(step, _STEPS, what))
            try:
                return await self._send_following_redirect(
                    method, self._address.url(path), limit, form
                )
            except (Unreachable, RateLimited) as error:
                delay = retries.delay(attempt, error)
                if delay is None:
                    raise
            self._report(SigningIn(step, _STEPS, f"{what}, again in {delay:.0f} s"))
            await retries.sleep(delay)
            attempt += 1

    async def _send_following_redirect(
        self, method: str, url: httpx.URL, limit: int, form: dict[str, str] | None
    ) -> _StepResponse:
        """The response to a request; a GET follows one redirect.

        Raises:
            ServiceError: Asking again may help.
        """
        response = await self._send(self._client.build_request(method, url, data=form), limit)
        if response.location is not None and method == "GET":
            target = self._within_origin(url, response.location)
            response = await self._send(self._client.build_request("GET", target), limit)
            if response.location is not None:
                raise BadReply(f"Too many redirects from the service at {self._route}.")
        if (
            response.status in _TRANSIENT_STATUSES
            or response.status >= httpx.codes.INTERNAL_SERVER_ERROR
        ):
            raise self._to_error(response)
        return response

    def _within_origin(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
            if origin(target) == self._address.origin:
                return target
        except (httpx.InvalidURL, ValueError):
            pass
        raise RequestRefused(
            f"The service at {self._route} redirects to another server, "
            f"which was not followed: {safe_line(location.partition('?')[0], 80)}"
        )

    async def _send(self, request: httpx.Request, limit: int) -> _StepResponse:
        try:
            async with asyncio.timeout(self._policy.seconds):
                response = await self._client.send(request, stream=True)
                try:
                    body = await read_body(response, self._route, limit=limit)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise Unreachable(
                f"The service at {self._route} did not answer within {self._policy.seconds:g} s."
            ) from error
        except CONNECTION_ERRORS as error:
            raise translate_error(error, self._route) from error
        location = response.headers.get("Location") if response.has_redirect_location else None
        return _StepResponse(response.status_code, response.headers, body, location)
