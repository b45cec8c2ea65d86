"""HTTP responses of a service: open, read, time out, translate errors."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import httpx

from fakegpt_tui.domain import (
    NotSignedIn,
    ReplyCut,
    RetryScheduled,
    ServiceError,
    Session,
    TimeLimits,
    Unreachable,
)
from fakegpt_tui.http.addresses import is_header_safe
from fakegpt_tui.http.bodies import iter_chunks
from fakegpt_tui.http.clients import Route, Transport
from fakegpt_tui.http.errors import CONNECTION_ERRORS, proxy_login_required, translate_error
from fakegpt_tui.http.read_ahead import ReadAhead
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.protocol import fakegpt

T = TypeVar("T")


class TimedOut(Unreachable):
    """A limit was reached. The answer may still come, so asking again would be asking twice."""


class StreamTimeouts:
    """Does all the waiting of one stream, and says in a sentence how it ended in trouble.

    Only time spent waiting counts, but for the limit on the whole: a reader that takes its time is
    not the service's fault. `first_event` also bounds the time from one event to the next, so that
    a service that sends a byte now and then does not go on for ever.
    """

    def __init__(self, limits: TimeLimits, route: Route, *, ends_at: float | None = None) -> None:
        """`ends_at` is the moment of the loop's clock at which all must be over, if any."""
        self.has_begun = False
        """Has any byte of the stream come?"""
        self._limits = limits
        self._route = route
        self._ends_at = ends_at
        self._waited = 0.0
        self._has_event = False

    def record_bytes(self) -> None:
        """The stream has begun: from now on silence is a trouble of its own."""
        self.has_begun = True

    def record_event(self) -> None:
        """A whole event came, which is progress as bytes alone are not."""
        self._has_event = True
        self._waited = 0.0

    async def wait(self, awaited: Awaitable[T]) -> T:
        """The result of `awaited`, which may use the connection.

        Raises:
            Unreachable: The connection failed, or a limit was reached, before the stream began.
            ReplyCut: The same, after that.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        seconds, sentence = min(self._remaining(started))
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                return await awaited
        except CONNECTION_ERRORS as error:
            if scope.expired():
                trouble: ServiceError = TimedOut(sentence)
            else:
                trouble = translate_error(error, self._route)
            raise (ReplyCut(str(trouble)) if self.has_begun else trouble) from error
        finally:
            self._waited += clock() - started

    def _remaining(self, moment: float) -> list[tuple[float, str]]:
        """Seconds that are left of each limit, and what to say when they are over."""
        limits = self._limits
        allowed = f"{limits.first_event:g} s"
        if self._has_event:
            slow = f"{self._service} sent no whole event for {allowed}, so the reply was cut there."
        else:
            slow = f"{self._service} did not begin to answer within {allowed}."
        found = [(limits.first_event - self._waited, slow)]
        if self.has_begun:
            silent = (
                f"{self._service} fell silent for {limits.idle:g} s in the middle of its reply."
            )
            found.append((limits.idle, silent))
        if self._ends_at is not None and limits.total is not None:
            whole = f"The reply of {self._route} took longer than the {limits.total:g} s allowed."
            found.append((self._ends_at - moment, whole))
        return found

    @property
    def _service(self) -> str:
        return f"The service at {self._route}"


def retry_or_raise(
    retries: RetryPolicy, attempt: int, clock: StreamTimeouts, trouble: ServiceError
) -> RetryScheduled:
    """When to ask again after try number `attempt` ended in `trouble`.

    Raises:
        ServiceError: `trouble` itself, where asking again would not help or would be asking twice.
    """
    delay = retries.delay(attempt, trouble)
    if delay is None or clock.has_begun or isinstance(trouble, TimedOut):
        raise trouble
    return RetryScheduled(attempt + 1, retries.max_attempts, delay, str(trouble))


_ERROR_BODY_BYTES = 64_000
_PROXY_STATUS = 407

ErrorTranslator: TypeAlias = Callable[[int, Mapping[str, str], bytes, str], ServiceError]
"""What an answer means that is not the one hoped for: its status, its headers and the beginning of
its body, and the name of who sent it."""


def _response_error(
    status: int, headers: Mapping[str, str], body: bytes, service_host: str
) -> ServiceError:
    return fakegpt.response_error(status, headers, body, service_host=service_host)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request: what it says beside its path, and how a refusal of it is to be understood."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object] | None = None
    translate_error: ErrorTranslator = _response_error


class HttpResponse:
    """An answer whose head has come, and speaks of success."""

    def __init__(
        self,
        response: httpx.Response,
        inflow: ReadAhead,
        clock: StreamTimeouts,
        route: Route,
        explain: ErrorTranslator,
    ) -> None:
        self._response = response
        self._read_ahead = inflow
        self._timeouts = clock
        self._route = route
        self._translate_error = explain

    @property
    def media_type(self) -> str:
        """The type of the content without its parameters, of which no charset is to be trusted."""
        header: str = self._response.headers.get("Content-Type", "")
        return header.partition(";")[0].strip().lower()

    async def read_chunks(self) -> list[bytes]:
        """All that has come by now and was not taken, in pieces; at least one, and none at the end.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        return await self._timeouts.wait(self._read_ahead.take())

    async def read(self) -> bytes | None:
        """All that has come by now and was not taken; `None` after the last of it.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        return b"".join(await self.read_chunks()) or None

    async def read_body(self, *, limit: int, beginning: bytes = b"") -> bytes:
        """`beginning` and what follows it, of at least `limit` bytes where there are as many.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        body = bytearray(beginning)
        while len(body) < limit:
            piece = await self.read()
            if piece is None:
                break
            body += piece
        return bytes(body)

    async def read_error(self, beginning: bytes = b"") -> ServiceError:
        """What the answer means that is not the one hoped for; `beginning` was read of it."""
        if self._response.status_code == _PROXY_STATUS and self._route.proxy:
            return Unreachable(proxy_login_required(self._route))
        body = await self.read_body(limit=_ERROR_BODY_BYTES, beginning=beginning)
        return self._translate_error(
            self._response.status_code, self._response.headers, body, str(self._route)
        )


@asynccontextmanager
async def open_session_response(
    transport: Transport,
    clock: StreamTimeouts,
    session: Session,
    method: str,
    path: str,
    *,
    accept: str,
    body: Mapping[str, object] | None = None,
) -> AsyncGenerator[HttpResponse]:
    """The answer to a request made with `session`, closed on leaving, read or not.

    Raises:
        ServiceError: There is none, or it is a refusal.
    """
    headers = {"Accept": accept} | _authorization(session)
    asking = HttpRequest(method=method, path=path, headers=headers, body=body)
    async with open_response(transport, clock, asking) as answer:
        yield answer


@asynccontextmanager
async def open_response(
    transport: Transport, clock: StreamTimeouts, asking: HttpRequest
) -> AsyncGenerator[HttpResponse]:
    """The answer to any request, closed on leaving, read or not.

    Raises:
        ServiceError: There is none, or it is a refusal.
    """
    headers = dict(asking.headers)
    if asking.body is not None:
        headers["Content-Type"] = "application/json"
    async with transport.client() as client:
        request = client.build_request(
            asking.method,
            transport.address.url(asking.path),
            headers=headers,
            content=None if asking.body is None else json.dumps(asking.body),
        )
        response = await clock.wait(client.send(request, stream=True))
        try:
            async with aclosing(ReadAhead(iter_chunks(response, transport.route))) as inflow:
                answer = HttpResponse(
                    response, inflow, clock, transport.route, asking.translate_error
                )
                if not response.is_success:
                    raise await answer.read_error()
                yield answer
        finally:
            await response.aclose()


def _authorization(session: Session) -> dict[str, str]:
    token = session.token.reveal()
    if not is_header_safe(token):
        raise NotSignedIn("The token of this session cannot be sent; sign in again.")
    pairs = [f"{name}={value.reveal()}" for name, value in session.cookies]
    cookies = "; ".join(pair for pair in pairs if is_header_safe(pair))
    return {"X-Authorization": f"Bearer {token}"} | ({"Cookie": cookies} if cookies else {})
