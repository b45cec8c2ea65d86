"""An answer of a service to a request that is signed in, as it arrives."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager

import httpx

from fakegpt_tui import wire
from fakegpt_tui.backends.stream_clock import StreamClock
from fakegpt_tui.domain import NotSignedIn, ServiceError, Session, Unreachable
from fakegpt_tui.transport.addresses import fits_a_header
from fakegpt_tui.transport.bodies import pieces
from fakegpt_tui.transport.clients import Route, Transport
from fakegpt_tui.transport.troubles import proxy_wants_password

_REFUSAL_BYTES = 64_000
_PROXY_STATUS = 407


class Answer:
    """An answer whose head has come, and speaks of success."""

    def __init__(
        self,
        response: httpx.Response,
        arriving: AsyncGenerator[bytes],
        clock: StreamClock,
        route: Route,
    ) -> None:
        self._response = response
        self._arriving = arriving
        self._clock = clock
        self._route = route

    @property
    def media_type(self) -> str:
        """The type of the content without its parameters, of which no charset is to be trusted."""
        header: str = self._response.headers.get("Content-Type", "")
        return header.partition(";")[0].strip().lower()

    async def piece(self) -> bytes | None:
        """The bytes that arrive next; `None` after the last.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        return await self._clock.wait(anext(self._arriving, None))

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
        return wire.response_error(
            self._response.status_code,
            self._response.headers,
            body,
            service_host=str(self._route),
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
    if body is not None:
        headers["Content-Type"] = "application/json"
    async with transport.client() as client:
        request = client.build_request(
            method,
            transport.address.url(path),
            headers=headers,
            content=None if body is None else json.dumps(body),
        )
        response = await clock.wait(client.send(request, stream=True))
        try:
            async with aclosing(pieces(response, transport.route)) as arriving:
                answer = Answer(response, arriving, clock, transport.route)
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
