"""The line above the messages: title, what answers and how, and that something is under way."""

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import GenerationSettings, Preset
from fakegpt_tui.ui.widgets.conversation_header import ConversationHeader, conversation_facts
from tests.store.tree import conversation
from tests.ui.running import reply, running

PLAIN = conversation(service="ollama", model="llama3")


@pytest.mark.parametrize(
    ("changes", "given", "facts"),
    [
        ({}, {}, ("ollama llama3",)),
        ({}, {"tokens": "≈ 9 tokens"}, ("ollama llama3", "≈ 9 tokens")),
        ({}, {"variant": "‹ 2/3 ›"}, ("ollama llama3", "‹ 2/3 ›")),
        ({"system_prompt": "Be brief."}, {}, ("ollama llama3  ·  system prompt",)),
        (
            {"system_prompt": "Be brief."},
            {"preset": "brief", "tokens": "9 tokens"},
            ("ollama llama3  ·  preset brief", "9 tokens"),
        ),
        (
            {"generation": GenerationSettings(effort="high", temperature=0.5)},
            {},
            ("ollama llama3  ·  effort high · temperature 0.5",),
        ),
    ],
)
def test_facts_are_what_is_not_as_usual(
    changes: dict[str, object], given: dict[str, str], facts: tuple[str, ...]
) -> None:
    nothing = {"tokens": "", "variant": "", "preset": ""}
    assert conversation_facts(replace(PLAIN, **changes), **{**nothing, **given}) == facts


class HeaderApp(App[None]):
    def compose(self) -> ComposeResult:
        yield ConversationHeader()


async def test_facts_go_before_the_title_does() -> None:
    app = HeaderApp()
    async with app.run_test(size=(60, 3)) as pilot:
        header = app.query_one(ConversationHeader)
        header.title, header.facts = (
            "A trip to Norway",
            ("ollama llama3", "effort high", "9 tokens"),
        )
        header.temporary = True
        everything = "A trip to Norway TEMPORARY ollama llama3 · effort high · 9 tokens"
        for width, line in (
            (80, everything),
            (50, "A trip to Norway TEMPORARY ollama llama3"),
            (36, "A trip to N… TEMPORARY ollam…"),
        ):
            await pilot.resize_terminal(width, 3)
            await pilot.pause()
            drawn = str(header.render())
            assert len(drawn) <= width - 3
            assert " ".join(drawn.split()) == line


async def test_a_long_title_keeps_half_the_line_beside_all_but_the_first_facts() -> None:
    app = HeaderApp()
    async with app.run_test(size=(68, 3)):
        header = app.query_one(ConversationHeader)
        header.title = "A trip to Norway by boat and train, in the middle of winter"
        header.facts = ("ollama llama3", "9 tokens", "Travel", "#norway #winter")
        assert shown(header) == "A trip to Norway by boat and train… ollama llama3 · 9 tokens"
        header.title = "A trip to Norway"
        assert shown(header) == "A trip to Norway ollama llama3 · 9 tokens · Travel"


def shown(header: ConversationHeader) -> str:
    return " ".join(str(header.render()).split())


async def test_the_header_comes_with_the_first_message_and_goes_with_a_new_conversation() -> None:
    async with running(reply("answer"), reply("another"), size=(140, 30)) as it:
        assert not it.app.screen.query(ConversationHeader)
        assert "scripted scripted-1" in it.status
        await it.ask("Why is the sky blue?")
        await it.see("answer")
        await it.until(lambda: "Why is the sky blue?" in it.header)
        assert "scripted scripted-1" in it.header
        assert "scripted-1" not in it.status
        await it.until(lambda: not it.chat.active_turns.all())
        await it.ask("/retry")
        await it.until(lambda: "‹ 2/2 ›" in it.header)
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "scripted scripted-1" in it.status)
        assert not it.app.screen.query_one(ConversationHeader).display
        await it.ask("/system Be brief.")
        await it.until(lambda: "system prompt" in it.header)
        assert "‹" not in it.header


async def test_a_conversation_with_a_preset_says_which() -> None:
    preset = Preset("brief", "Be brief.")
    async with running(reply("answer"), presets={"brief": preset}) as it:
        await it.ask("question")
        await it.see("answer")
        await it.command("/preset")
        await it.see("Be brief.")
        await it.pilot.press("enter")
        await it.until(lambda: "preset brief" in it.header)


async def test_signs_turn_in_header_list_and_reply_as_long_as_it_is_under_way() -> None:
    gate = Gate()
    async with running([gate, *reply("answer")]) as it:
        await it.ask("question")
        await it.until(lambda: it.text.count("⠋") == 3)
        await it.until(lambda: it.text.count("⠙") == 3)
        gate.open()
        await it.see("answer")
        await it.until(lambda: not set("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏") & set(it.text))
