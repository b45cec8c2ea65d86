"""Scenario route: play a scripted misbehaviour in place of the usual response."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from fakegpt_tui.backends.scenarios import COMPLETIONS, MESSAGES
from fakegpt_tui.backends.scenarios.scenario import (
    CONVERSATION,
    Disconnect,
    Hang,
    Scenario,
    ScenarioResponse,
)
from fakegpt_tui.backends.scripted import Pause
from fakegpt_tui.host.access import Access, OpenRoute
from fakegpt_tui.host.request_body import read_json, wait_for_disconnect
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.protocol.anthropic.requests import read_message_request
from fakegpt_tui.protocol.openai import read_completion_request

_READERS: Final[dict[str, Callable[[object], object]]] = {
    CONVERSATION: fakegpt.read_conversation_request,
    COMPLETIONS: read_completion_request,
    MESSAGES: read_message_request,
}


def scenario_routes(scenario: Scenario | None, access: Access) -> list[Route]:
    """The routes that play a scenario, in each of its protocols."""
    found = () if scenario is None else (scenario, *scenario.others)
    return [ScenarioRoute(each, access) for each in found]


class ScenarioRoute(OpenRoute):
    """Stands before the usual route of its path, until the scenario is over.

    Tokens and prompts are judged as ever, so that a client is tried as a whole.
    """

    def __init__(self, scenario: Scenario, access: Access) -> None:
        self._scenario = scenario
        self._access = access
        self._answers = deque(scenario.responses)
        method = "POST" if scenario.path in (*_READERS, "/auth/login") else "GET"
        super().__init__(scenario.path, self._answer, methods=[method])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if self._answers else (Match.NONE, {})

    async def _answer(self, request: Request) -> "_ScenarioResponse":
        if read := _READERS.get(self._scenario.path):
            self._access.require_claims(request)
            read(await read_json(request))
        if len(self._answers) > 1 or self._scenario.recovers:
            return _ScenarioResponse(self._answers.popleft())
        return _ScenarioResponse(self._answers[0])


class _ScenarioResponse:
    """The response that plays one answer."""

    def __init__(self, answer: ScenarioResponse) -> None:
        self._answer = answer

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in self._answer.headers]
        start = {"type": "http.response.start", "status": self._answer.status}
        await send({**start, "headers": headers})
        left = asyncio.create_task(wait_for_disconnect(receive))
        try:
            for piece in self._answer.chunks:
                match piece:
                    case bytes():
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                    case Pause(seconds):
                        await asyncio.wait({left}, timeout=seconds)
                    case Hang():
                        await left
                    case Disconnect():
                        # The connection is closed under a response that is not complete.
                        return
                if left.done():
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            left.cancel()
