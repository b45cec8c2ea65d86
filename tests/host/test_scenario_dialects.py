"""The program's own clients of the protocols of APIs, against what a host may do in these."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from fakegpt_tui.backends.scenarios import COMPLETIONS, MESSAGES, SCENARIOS
from fakegpt_tui.backends.scenarios.scenario import PARTIAL, WHOLE, Expectation, Scenario
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import (
    GenerationSettings,
    Model,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ReplyEnded,
    RequestRefused,
    ServiceError,
    TextDelta,
    TimeLimits,
    Unreachable,
)
from fakegpt_tui.host.server import HostServer
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests.host.calls import calling
from tests.patience import PATIENCE
from tests.signed_in import ASK, Waits, read, text_of

Serve: TypeAlias = Callable[..., HostServer]

MODULES: dict[str, Any] = {COMPLETIONS: openai, MESSAGES: anthropic}
PATIENT = TimeLimits(first_event=PATIENCE, idle=PATIENCE)
SILENT = {"silent", "stall"}
IMPATIENT = TimeLimits(first_event=1.5, idle=1.5)
"""For the scenarios that are silent, and long for a busy machine."""
ASKED = replace(ASK, generation=GenerationSettings(max_tokens=9))
ERRORS: dict[str, tuple[type[ServiceError], str]] = {
    "unfinished": (ReplyCut, "broke off"),
    "stall": (ReplyCut, "fell silent"),
    "huge-event": (ReplyCut, "more than 16,000,000 bytes"),
    "error-after-text": (ServiceError, "The model is overloaded."),
    "error-only": (ServiceError, "The model is overloaded."),
    "silent": (Unreachable, "did not begin to answer"),
    "400": (RequestRefused, "makes no sense"),
    "not-authenticated": (NotSignedIn, "Not authenticated"),
    "too-long": (PromptTooLong, "too long"),
    "busy": (RateLimited, "one message at a time"),
    "rate-limit": (RateLimited, "in 7 seconds"),
    "503": (Unreachable, "Restarting"),
    "json-200": (RequestRefused, "No."),
}


def variants(path: str) -> list[Scenario]:
    """All scenarios of a protocol."""
    return [each for one in SCENARIOS.values() for each in one.others if each.path == path]


async def outcome_of(serve: Serve, scenario: Scenario) -> tuple[str, ServiceError | None]:
    """The text of the reply that a client shows, and what went wrong."""
    backend = ScriptedBackend((TextDelta(WHOLE), ReplyEnded()), models=(Model("model-1"),))
    host = serve(backend=backend, scenario=scenario, secret_path=False)
    module, base_url = MODULES[scenario.path], host.base_url
    address = base_url if scenario.path == MESSAGES else f"{base_url}/v1"
    limits = IMPATIENT if scenario.name in SILENT else PATIENT
    client = module.backend_for(module.service(address, limits=limits), waits=Waits())
    async with aclosing(client):
        came, error = await read(client, ASKED)
    return text_of(came), error


@pytest.mark.parametrize("path", MODULES)
async def test_each_scenario_ends_as_it_promises_in_every_protocol(serve: Serve, path: str) -> None:
    found = variants(path)
    assert len(found) > 50
    assert ERRORS.keys() <= {scenario.name for scenario in found}
    waiting = [each for each in found if each.name in SILENT]
    silent = [asyncio.create_task(outcome_of(serve, each)) for each in waiting]
    answered = [each for each in found if each.name not in SILENT]
    outcomes = [await outcome_of(serve, each) for each in answered]
    outcomes += await asyncio.gather(*silent)
    for scenario, (text, error) in zip((*answered, *waiting), outcomes, strict=True):
        kind, words = ERRORS.get(scenario.name, (ServiceError, ""))
        shown = f"{scenario.name}: {text!r} {error!r}"
        if scenario.expectation is Expectation.WHOLE:
            assert (text, error) == (WHOLE, None), shown
        else:
            assert text == (PARTIAL if scenario.expectation is Expectation.PARTIAL else ""), shown
            assert isinstance(error, kind), shown
            assert words in str(error), shown


async def test_a_scenario_judges_prompts_and_is_played_to_each_protocol_alone(serve: Serve) -> None:
    host = serve((TextDelta("x"), ReplyEnded()), scenario=SCENARIOS["picture"], secret_path=False)
    message = {"role": "user", "content": "Hi"}
    async with calling(host) as client:
        usual = await client.post(COMPLETIONS, json={"messages": [message]})
        assert usual.json()["choices"][0]["message"]["content"] == "x"
    async with calling(serve(scenario=SCENARIOS["503"], secret_path=False)) as client:
        for path, kind in ((COMPLETIONS, "server_error"), (MESSAGES, "overloaded_error")):
            assert (await client.post(path, json={"messages": []})).status_code == 400
            refused = await client.post(path, json={"messages": [message], "max_tokens": 9})
            assert (refused.status_code, refused.json()["error"]["type"]) == (503, kind)
