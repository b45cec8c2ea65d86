"""Pytest plugin: a scripted service for the tests of other programs, in every protocol served here.

It speaks the FakeGPT protocol, OpenAI's chat completions and Anthropic's Messages, on a free port
of loopback, until the test ends. What it is asked can be looked at, and it can do one of the odd
things that real services do. `docs/testing.md` has examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from fakegpt_tui.backends.scripted import ScriptedBackend, Step
    from fakegpt_tui.host.server import HostServer

    Reply: TypeAlias = str | Iterable[Step]

MODEL = "scripted"
"""The model that a scripted service has."""


@dataclass(frozen=True, slots=True)
class ScriptedService:
    """A service that gives prepared replies, one for each prompt, in their order."""

    _host: HostServer
    _backend: ScriptedBackend

    @property
    def base_url(self) -> str:
        """Where clients of the FakeGPT protocol find it."""
        return self._host.base_url

    @property
    def openai_base_url(self) -> str:
        """What clients of OpenAI's protocol take for `base_url`; any key is accepted."""
        return f"{self._host.base_url}/v1"

    @property
    def anthropic_base_url(self) -> str:
        """What clients of Anthropic's protocol take for `base_url`; any key is accepted."""
        return self._host.base_url

    @property
    def prompts(self) -> Sequence[str]:
        """The last message of each request so far."""
        return [request.messages[-1].text for request in self._backend.requests]

    @property
    def conversations(self) -> Sequence[Sequence[tuple[str, str]]]:
        """All messages of each request so far, as roles and texts."""
        return [
            [(str(message.role), message.text) for message in request.messages]
            for request in self._backend.requests
        ]

    @property
    def running(self) -> int:
        """How many replies are under way."""
        return self._backend.playing

    def add_reply(self, reply: Reply) -> None:
        """Reply with this once all replies that were given before are used up."""
        self._backend.enqueue(_script(reply))


@pytest.fixture
def scripted_service() -> Iterator[Callable[..., ScriptedService]]:
    """Starts services: `scripted_service("Hello.", "And more.")`.

    A reply is a text, or steps of `fakegpt_tui.backends.scripted` for pauses, gates and errors.
    With `scenario=` the service does one of the odd things that
    `fakegpt-tui serve --scenario list` names.
    """
    with ExitStack() as stack:

        def start(*replies: Reply, scenario: str = "", **options: object) -> ScriptedService:
            from fakegpt_tui.backends.scenarios import SCENARIOS  # noqa: PLC0415 - when used
            from fakegpt_tui.backends.scripted import ScriptedBackend  # noqa: PLC0415
            from fakegpt_tui.domain import Model  # noqa: PLC0415
            from fakegpt_tui.host.server import HostServer  # noqa: PLC0415

            if scenario and scenario not in SCENARIOS:
                raise ValueError(f"there is no scenario {scenario!r}")
            backend = ScriptedBackend(*map(_script, replies), models=(Model(MODEL, "Scripted"),))
            host = HostServer(
                backend,
                secret_path=False,
                gather_seconds=0,
                scenario=SCENARIOS[scenario] if scenario else None,
                **options,  # type: ignore[arg-type]
            )
            return ScriptedService(stack.enter_context(host), backend)

        yield start


def _script(reply: Reply) -> Iterable[Step]:
    """The steps of a reply; a text comes word by word."""
    from fakegpt_tui.domain import FinishReason, ReplyEnded, TextDelta  # noqa: PLC0415 - when used

    if not isinstance(reply, str):
        return reply
    words = reply.split(" ")
    texts = [f"{word} " for word in words[:-1]] + words[-1:]
    return [*map(TextDelta, texts), ReplyEnded(FinishReason.STOP)]
