"""The exact request and the last answer of a service, on the screen."""

import json
from pathlib import Path

import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
from fakegpt_tui.ui.dialogs.generation import RequestScreen
from tests.ui.running import reply, running


class Previewing(ScriptedBackend):
    """Shows what it would be sent; its last answer was a failure."""

    last_answer: LastAnswer | None = None

    async def preview(self, request: ReplyRequest) -> ExactRequest:
        said = " | ".join(each.text for each in request.messages)
        pictures = sum(len(each.parts) for each in request.messages)
        return ExactRequest(
            method="POST",
            url="https://example.org/v1/chat/completions",
            headers=(("Authorization", "Bearer ••••"),),
            body=json.dumps({"prompt": said, "parts": pictures}).encode(),
            tokens=7,
            notes=("The oldest 2 of 9 chat messages were not sent.",),
        )


SERVICE = Service(name="scripted", kind=ServiceKind.OPENAI, model="scripted-1")


async def test_what_is_typed_is_shown_as_it_would_be_sent() -> None:
    made = Previewing(reply("x"))
    made.last_answer = LastAnswer(
        status=400, headers=(("x-request-id", "r-1"),), pieces=((0.25, '{"error": "No."}'),)
    )
    async with running(services=(SERVICE,), backends={"scripted": made}) as it:
        await it.pilot.press(*"Hello")
        await it.command("/request")
        await it.see("Request to scripted")
        await it.see('"prompt": "Hello"')
        await it.see("about 7 tokens")
        await it.see("oldest 2 of 9")
        await it.pilot.press("c")
        await it.see("ed the command ")
        await it.command("/request")
        await it.see("Request to scripted")
        await it.pilot.press("tab")
        await it.see("Last answer of scripted")
        await it.see("HTTP 400")
        await it.see("x-request-id: r-1")
        await it.see('{"error": "No."}')
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, RequestScreen))
        assert it.prompt.text == "Hello"


async def test_without_a_prompt_there_is_no_request() -> None:
    async with running(services=(SERVICE,), backends={"scripted": Previewing()}) as it:
        await it.command("/request")
        await it.see("type one first")


async def test_what_is_attached_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.md").write_text("Rain.")
    monkeypatch.chdir(tmp_path)
    async with running(services=(SERVICE,), backends={"scripted": Previewing()}) as it:
        await it.pilot.press(*"/attach notes.md", "enter")
        await it.see("▤ 1 notes.md")
        await it.pilot.press(*"Why?")
        await it.command("/request")
        await it.see("Request to scripted")
        await it.see('"parts": 2')
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, RequestScreen))
        assert "notes.md" in it.prompt.text


async def test_the_last_prompt_is_shown_where_nothing_is_typed() -> None:
    made = Previewing(reply("x"))
    async with running(services=(SERVICE,), backends={"scripted": made}) as it:
        await it.ask("What I asked")
        await it.see("x")
        await it.command("/request")
        await it.see('"prompt": "What I asked"')
        await it.see("Request to scripted")
        await it.pilot.press("tab")
        await it.see("has not answered yet")
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, RequestScreen))
        await it.pilot.press("tab", "g", "e")
        await it.until(lambda: it.prompt.text == "What I asked")
        await it.pilot.press("end")
        await it.pilot.press("!")
        await it.command("/request")
        await it.see('"prompt": "What I asked!"')
