"""An answer of a service to a request, as it arrives."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from fakegpt_tui import wire
from fakegpt_tui.backends.stream_clock import StreamTimeouts
from fakegpt_tui.domain import NotSignedIn, ServiceError, Session, Unreachable
from fakegpt_tui.transport.addresses import is_header_safe
from fakegpt_tui.transport.bodies import iter_chunks
from fakegpt_tui.transport.clients import Route, Transport
from fakegpt_tui.transport.inflow import ReadAhead
from fakegpt_tui.transport.troubles import proxy_login_required

_ERROR_BODY_BYTES = 64_000
_PROXY_STATUS = 407

ErrorTranslator: TypeAlias = Callable[[int, Mapping[str, str], bytes, str], ServiceError]
"""What an answer means that is not the one hoped for: its status, its headers and the beginning of
its body, and the name of who sent it."""


def _response_error(
    status: int, headers: Mapping[str, str], body: bytes, service_host: str
) -> ServiceError:
    return wire.response_error(status, headers, body, service_host=service_host)


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
