"""An answer of a service to a request, as it arrives."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from fakegpt_tui import wire
from fakegpt_tui.backends.stream_clock import StreamClock
from fakegpt_tui.domain import NotSignedIn, ServiceError, Session, Unreachable
from fakegpt_tui.transport.addresses import fits_a_header
from fakegpt_tui.transport.bodies import pieces
from fakegpt_tui.transport.clients import Route, Transport
from fakegpt_tui.transport.inflow import Inflow
from fakegpt_tui.transport.troubles import proxy_wants_password

_REFUSAL_BYTES = 64_000
_PROXY_STATUS = 407

Explain: TypeAlias = Callable[[int, Mapping[str, str], bytes, str], ServiceError]
"""What an answer means that is not the one hoped for: its status, its headers and the beginning of
its body, and the name of who sent it."""


def _explained(
    status: int, headers: Mapping[str, str], body: bytes, service_host: str
) -> ServiceError:
    return wire.response_error(status, headers, body, service_host=service_host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request: what it says beside its path, and how a refusal of it is to be understood."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object] | None = None
    explain: Explain = _explained


class Answer:
    """An answer whose head has come, and speaks of success."""

    def __init__(
        self,
        response: httpx.Response,
        inflow: Inflow,
        clock: StreamClock,
        route: Route,
        explain: Explain,
    ) -> None:
        self._response = response
        self._inflow = inflow
        self._clock = clock
        self._route = route
        self._explain = explain

    @property
    def media_type(self) -> str:
        """The type of the content without its parameters, of which no charset is to be trusted."""
        header: str = self._response.headers.get("Content-Type", "")
        return header.partition(";")[0].strip().lower()

    async def arrived(self) -> list[bytes]:
        """All that has come by now and was not taken, in pieces; at least one, and none at the end.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        return await self._clock.wait(self._inflow.take())

    async def piece(self) -> bytes | None:
        """All that has come by now and was not taken; `None` after the last of it.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        return b"".join(await self.arrived()) or None

    async def body(self, *, limit: int, beginning: bytes = b"") -> bytes:
        """`beginning` and what follows it, of at least `limit` bytes where there are as many.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        body = bytearray(beginning)
        while len(body) < limit:
            piece = await self.piece()
            if piece is None:
                break
            body += piece
        return bytes(body)

    async def refusal(self, beginning: bytes = b"") -> ServiceError:
        """What the answer means that is not the one hoped for; `beginning` was read of it."""
        if self._response.status_code == _PROXY_STATUS and self._route.proxy:
            return Unreachable(proxy_wants_password(self._route))
        body = await self.body(limit=_REFUSAL_BYTES, beginning=beginning)
        return self._explain(
            self._response.status_code, self._response.headers, body, str(self._route)
        )


@asynccontextmanager
async def answered(
    transport: Transport,
    clock: StreamClock,
    session: Session,
    method: str,
    path: str,
    *,
    accept: str,
    body: Mapping[str, object] | None = None,
) -> AsyncGenerator[Answer]:
    """The answer to a request made with `session`, closed on leaving, read or not.

    Raises:
        ServiceError: There is none, or it is a refusal.
    """
    headers = {"Accept": accept} | _authorization(session)
    asking = Asking(method=method, path=path, headers=headers, body=body)
    async with asked(transport, clock, asking) as answer:
        yield answer


@asynccontextmanager
async def asked(transport: Transport, clock: StreamClock, asking: Asking) -> AsyncGenerator[Answer]:
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
            async with aclosing(Inflow(pieces(response, transport.route))) as inflow:
                answer = Answer(response, inflow, clock, transport.route, asking.explain)
                if not response.is_success:
                    raise await answer.refusal()
                yield answer
        finally:
            await response.aclose()


def _authorization(session: Session) -> dict[str, str]:
    token = session.token.reveal()
    if not fits_a_header(token):
        raise NotSignedIn("The token of this session cannot be sent; sign in again.")
    pairs = [f"{name}={value.reveal()}" for name, value in session.cookies]
    cookies = "; ".join(pair for pair in pairs if fits_a_header(pair))
    return {"X-Authorization": f"Bearer {token}"} | ({"Cookie": cookies} if cookies else {})
