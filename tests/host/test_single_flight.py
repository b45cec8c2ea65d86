import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from fakegpt_tui.host.prompt_route import SingleFlight

OWNER = ("account", "session")
ELSEWHERE = ("account", "another session")


class Client:
    """Notes the status of each response, and may do something when it has read the last of one."""

    def __init__(self, single_flight: SingleFlight) -> None:
        self.single_flight = single_flight
        self.statuses: list[int] = []
        self.asks_at_the_end = 0

    async def ask(self, owner: tuple[str, str] = OWNER) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
            elif not message.get("more_body") and self.asks_at_the_end:
                self.asks_at_the_end -= 1
                await self.ask(owner)

        scope: Scope = {"type": "http", "method": "POST", "headers": []}
        await self.single_flight.guard(owner, PlainTextResponse("said"))(scope, receive, send)


async def test_a_client_that_has_read_the_end_of_a_reply_may_ask_again_at_once() -> None:
    client = Client(SingleFlight(is_enabled=True))
    client.asks_at_the_end = 2
    await client.ask()
    assert client.statuses == [200, 200, 200]


@pytest.mark.parametrize(
    ("is_enabled", "owner", "status"),
    [(True, OWNER, 429), (True, ELSEWHERE, 200), (False, OWNER, 200)],
)
async def test_only_the_session_that_is_being_answered_has_to_wait(
    is_enabled: bool, owner: tuple[str, str], status: int
) -> None:
    client = Client(SingleFlight(is_enabled=is_enabled))

    async def reply(*_: object) -> None:
        await client.ask(owner)

    await client.single_flight.guard(OWNER, reply)({"type": "http"}, _nothing, _nowhere)
    assert client.statuses == [status]


async def test_a_reply_that_breaks_leaves_the_way_free() -> None:
    client = Client(SingleFlight(is_enabled=True))

    async def broken(*_: object) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await client.single_flight.guard(OWNER, broken)({"type": "http"}, _nothing, _nowhere)
    await client.ask()
    assert client.statuses == [200]


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _nowhere(message: Message) -> None:
    """No client listens."""
