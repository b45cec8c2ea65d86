"""Earlier prompts, and writing one in an editor."""

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from tests.ui.running import running
from tests.ui.screen_text import screen_text


class PromptScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield PromptInput(cursor_blink=False)


class PromptApp(App[None]):
    async def on_mount(self) -> None:
        await self.push_screen(PromptScreen())
        prompt = self.screen.query_one(PromptInput)
        prompt.earlier_prompts = ["latest", "two\nlines", "first"]
        prompt.focus()


@pytest.fixture
async def typing():
    app = PromptApp()
    async with app.run_test(size=(40, 12)) as pilot:
        yield app.screen.query_one(PromptInput), pilot.press


async def test_up_and_down_walk_through_earlier_prompts_and_back_to_what_was_typed(typing) -> None:
    prompt, press = typing
    await press(*"new", "up")
    assert prompt.text == "latest"
    await press("up")
    assert prompt.text == "two\nlines"
    await press("up")
    assert prompt.text == "first"
    await press("up", "up")
    assert prompt.text == "first"
    await press("down", "down")
    assert prompt.text == "latest"
    await press("down")
    assert prompt.text == "new"
    await press("down")
    assert prompt.text == "new"


async def test_what_an_earlier_prompt_took_the_place_of_can_be_brought_back(typing) -> None:
    prompt, press = typing
    await press(*"new", "up", "enter", "ctrl+z", "ctrl+z")
    assert prompt.text == "new"


async def test_the_text_of_another_conversation_cannot_be_brought_back(typing) -> None:
    prompt, press = typing
    await press(*"secret")
    prompt.load_draft("other")
    await press("ctrl+z")
    assert prompt.text == "other"


async def test_alt_p_and_alt_n_do_so_wherever_the_cursor_is(typing) -> None:
    prompt, press = typing
    await press("alt+p", "alt+p", "alt+p")
    assert prompt.text == "first"
    await press("alt+n", "alt+n", "alt+n")
    assert prompt.text == ""


async def test_arrows_move_inside_a_text_of_several_lines(typing) -> None:
    prompt, press = typing
    await press("a", "ctrl+j", "b", "up", "c")
    assert prompt.text == "ac\nb"


async def test_an_earlier_prompt_that_was_sent_again_is_left_behind(typing) -> None:
    prompt, press = typing
    await press("up", "enter")
    assert prompt.text == ""
    await press("down")
    assert prompt.text == ""


class PickApp(App[None]):
    chosen: str | None = "nothing yet"

    def on_mount(self) -> None:
        choices = [
            Choice(f"id-{n}", f"Choice [/] {n}", "even" if n % 2 == 0 else "") for n in range(300)
        ]
        self.push_screen(PickScreen("Some", choices, current="id-2"), self.take)

    def take(self, chosen: str | None) -> None:
        self.chosen = chosen


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["enter"], "id-2"),
        (["down", "enter"], "id-3"),
        (["up", "enter"], "id-1"),
        ([*"299", "enter"], "id-299"),
        ([*"even 29", "enter"], "id-290"),
        ([*"no such thing", "enter"], "nothing yet"),
        (["escape"], None),
    ],
)
async def test_a_choice_is_made_by_typing_a_part_of_it(keys: list[str], chosen: str | None) -> None:
    app = PickApp()
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.pause()
        assert "Choice [/] 3" in screen_text(app)
        await pilot.press(*keys)
        await pilot.pause()
        assert app.chosen == chosen
        if keys[0] != "escape" and chosen == "nothing yet":
            assert app.screen.query_one(Input).value == "no such thing"


@pytest.mark.parametrize("width", [34, 31, 30, 12])
async def test_the_list_may_leave_no_room_for_the_prompt(width: int) -> None:
    async with running() as run:
        await run.pilot.press("ctrl+t", "ctrl+t")
        await run.pilot.resize_terminal(width, 20)
        await run.pilot.pause()
        await run.pilot.resize_terminal(100, 30)
        await run.see("Ask anything")
