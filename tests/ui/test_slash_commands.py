"""Slash commands: a name runs its command and no other, and other words are sent."""

from pathlib import Path

import pytest
from textual.events import Key, Paste

from fakegpt_tui.domain import Preset
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.ui.dialogs.keys import HelpScreen
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.dialogs.settings import SettingsScreen
from fakegpt_tui.ui.slash_commands import first_choice, matching_commands
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import FakeMemory, Running, reply, running

NAMES = [name for command in COMMANDS for name in command.names]


def burst(it: Running, text: str, *keys: str) -> None:
    for letter in text:
        it.app.post_message(Key({"/": "slash", " ": "space"}.get(letter, letter), letter))
    for key in keys:
        it.app.post_message(Key(key, None))


def test_no_name_is_of_two_commands() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("described", [False, True])
def test_the_exact_name_or_alias_is_first_and_taken(*, described: bool) -> None:
    for name in NAMES:
        matches = matching_commands(name, described=described)
        assert name in matches[0].command.names
        assert first_choice(matches) == 0


def test_no_part_of_a_name_takes_a_command_that_destroys() -> None:
    for part in {name[:end] for name in NAMES for end in range(1, len(name))}:
        matches = matching_commands(part, described=True)
        first = first_choice(matches)
        if first is not None and part.strip() not in NAMES:
            assert not matches[first].command.is_destructive, part


def test_an_empty_slash_does_not_begin_with_what_destroys() -> None:
    assert not matching_commands("/")[0].command.is_destructive


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("switch account", "/account"),
        ("switch model", "/model"),
        ("copy last", "/copy"),
        ("colours", "/theme"),
        ("regenerate", "/retry"),
    ],
)
def test_words_of_the_description_and_aliases_find_a_command(words: str, name: str) -> None:
    assert name in [each.command.slash for each in matching_commands(words, described=True)]


async def test_a_command_typed_in_one_burst_runs_and_its_neighbours_do_not() -> None:
    async with running(reply("answer")) as it:
        await it.ask("kept")
        await it.see("answer")
        burst(it, "/trash", "enter")
        await it.see("The trash is empty.")
        assert [row.title for row in it.list.rows] == ["kept"]
        assert it.prompt.text == ""
        burst(it, "/keys", "enter")
        await it.until(lambda: isinstance(it.app.screen, HelpScreen))


async def test_a_command_takes_effect_before_what_is_typed_behind_it() -> None:
    async with running(reply("answer")) as it:
        await it.ask("first")
        await it.see("answer")
        burst(it, "/new", "enter")
        burst(it, "next")
        await it.until(lambda: it.prompt.text == "next" and not it.path)
        assert it.backend.requests[0] is it.backend.requests[-1]


async def test_what_begins_with_a_slash_and_is_no_command_is_sent_as_it_is() -> None:
    async with running(reply("one"), reply("two"), reply("three"), reply("four")) as it:
        burst(it, "/etc/fstab explain", "enter")
        await it.see("one")
        burst(it, "//new", "enter")
        await it.see("two")
        burst(it, "// a comment", "enter")
        await it.see("three")
        it.app.post_message(Paste("/new\nis a command of many programs"))
        burst(it, "", "enter")
        await it.see("four")
        prompts = [each.text for each in it.path if each.role == "user"]
        assert prompts == [
            "/etc/fstab explain",
            "/new",
            "// a comment",
            "/new\nis a command of many programs",
        ]


async def test_the_list_is_above_the_prompt_and_leaves_the_text_on_escape() -> None:
    async with running(reply("one")) as it:
        await it.pilot.press(*"/sav")
        await it.see("/save html")
        await it.pilot.press("escape")
        await it.until(lambda: "/save html" not in it.text)
        assert it.prompt.text == "/sav"
        await it.pilot.press("enter")
        await it.see("one")
        assert it.path[0].text == "/sav"


async def test_arrows_choose_and_tab_completes() -> None:
    async with running() as it:
        prompt = it.prompt
        await it.pilot.press(*"/pre", "tab")
        assert prompt.text == "/preset"
        await it.pilot.press("ctrl+u", *"/hel", "down", "up", "enter")
        await it.until(lambda: isinstance(it.app.screen, HelpScreen))
        assert prompt.text == ""


async def test_a_part_of_a_destructive_name_is_only_completed() -> None:
    async with running(reply("answer")) as it:
        await it.ask("kept")
        await it.see("answer")
        await it.pilot.press(*"/delet", "enter")
        assert it.prompt.text == "/delete"
        assert [row.title for row in it.list.rows] == ["kept"]
        await it.pilot.press("enter")
        await it.until(lambda: not it.list.rows)


def test_letters_of_a_name_in_their_order_find_it_after_all_else() -> None:
    found = [each.command.slash for each in matching_commands("sbs", described=True)]
    assert found[0] == "/side-by-side"
    assert not matching_commands("sbs")
    assert matching_commands("save", described=True)[0].command.slash == "/save"


async def test_the_palette_has_groups_and_what_was_run_last_first() -> None:
    memory = FakeMemory()
    async with running(memory=memory, size=(100, 40)) as it:
        await it.command("/unread")
        await it.see("Nothing is unread.")
        await it.pilot.press("ctrl+p")
        await it.see("Commands")
        await it.see("Recent")
        lines = [line.strip(" │") for line in it.text.splitlines()]
        at = lines.index("Recent")
        assert lines[at + 1].startswith("/unread")
        assert lines[at + 2] == "Conversation"
        assert sum("/unread" in line for line in lines) == 1
        assert memory.values["recent_commands"] == "chat.unread"
        await it.pilot.press("enter")
        await it.see("Nothing is unread.")


async def test_the_palette_takes_what_is_typed_and_not_what_fitted_before() -> None:
    async with running() as it:
        burst(it, "", "ctrl+p")
        burst(it, "zzzq", "enter")
        await it.see("Nothing fits.")
        burst(it, "", "escape", "ctrl+p")
        burst(it, "history", "enter")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        assert not isinstance(it.app.screen, SettingsScreen)


async def test_arguments_choose_set_find_and_go_without_a_dialog(tmp_path: Path) -> None:
    presets = {"brief": Preset("brief", "Be brief.")}
    async with running(
        reply("Of boats."), reply("Of seas."), presets=presets, exports=tmp_path, size=(100, 40)
    ) as it:
        await it.ask("Rivers?")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.ask("/title Of rivers")
        await it.until(lambda: [row.title for row in it.list.rows] == ["Of rivers"])
        await it.ask(f"/save md {tmp_path}/my notes")
        await it.until((tmp_path / "my notes.md").exists)
        await it.ask("/preset Brief")
        await it.see("The preset brief is used from now on.")
        await it.ask("/edit prompt Seas?")
        await it.see("Of seas.")
        await it.until(lambda: not it.chat.active_turns.all())
        assert "from now on" not in it.text, "a notice goes with the next turn"
        assert it.backend.requests[-1].messages[0].text == "Be brief."
        await it.ask("/variant 1")
        await it.see("Of boats.")
        await it.ask("/find boats")
        await it.see("1/1")
        await it.pilot.press("n")
        await it.until(lambda: it.app.focused is it.app.screen.query_one(Transcript))
        assert it.prompt.text == ""
        await it.pilot.press("escape")
        await it.until(lambda: "1/1" not in it.text)
        it.prompt.focus()
        await it.until(lambda: it.app.focused is it.prompt)
        await it.ask("/new")
        await it.until(lambda: not it.path)
        await it.ask("/open of rivers")
        await it.see("Of boats.")


async def test_what_does_not_fit_stays_with_a_row_about_it_and_values_are_completed() -> None:
    presets = {"brief": Preset("brief", "Be brief."), "two words": Preset("two words")}
    async with running(reply("one"), presets=presets, size=(50, 8)) as it:
        await it.ask("/preset wrong")
        await it.see("“wrong” is no PRESET (brief, two")  # in the status bar: there is no room
        await it.pilot.resize_terminal(40, 24)
        await it.pilot.press("backspace")
        await it.see("\n “wron” is no PRESET (brief, two words).\n // sends it.")
        await it.pilot.press("g")
        await it.pilot.resize_terminal(100, 30)
        assert it.prompt.text == "/preset wrong"
        await it.pilot.press("ctrl+u", *"/preset tw")
        await it.until(lambda: it.text.count("two words") == 1)
        await it.pilot.press("tab")
        await it.until(lambda: it.prompt.text == "/preset two words")
        await it.pilot.press("ctrl+u", *"/preset")
        await it.see("[PRESET] · Use a system prompt")
        await it.pilot.press("space", "down", "down", "enter")
        await it.see("The preset two words is used from now on.")
        it.prompt.insert("/etc/hosts is…")
        await it.see("/etc/hosts is no command: this is sent as it is.")
        await it.pilot.press("enter")
        await it.see("one")
        assert it.path[0].text == "/etc/hosts is…"
