"""The settings, changed by keys and used at once."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import OptionList

from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.config.spec import EDITABLE_SETTINGS
from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.dialogs.settings import SettingsScreen
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.themes import DARK, LIGHT, theme_names
from fakegpt_tui.ui.widgets.text_field import PathInput
from tests.ui.running import Running, reply, running

MINE = "# Mine.\nmax_turns = 3\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


@asynccontextmanager
async def settings_open(
    config: Path,
    *scripts: object,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    **options: object,
) -> AsyncIterator[Running]:
    settings = load_settings({"config": str(config), **(flags or {})}, environ or {})
    choices = LastChoices(config.parent / "last-choices.json")
    store = SettingsStore(settings, themes=theme_names, choices=choices)
    async with running(*scripts, settings=store, **options) as it:
        await it.pilot.press("f10")
        await it.until(lambda: isinstance(it.app.screen, SettingsScreen))
        yield it


async def mark(it: Running, name: str) -> None:
    options = it.app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(name)
    await it.pilot.pause()


async def choose(it: Running, name: str, value: str) -> None:
    """Choose a value by typing it into the list of them."""
    await mark(it, name)
    await it.pilot.press("enter")
    await it.until(lambda: not isinstance(it.app.screen, SettingsScreen))
    await it.pilot.press(*value, "enter")
    await it.until(lambda: isinstance(it.app.screen, SettingsScreen))


async def fill_in(it: Running, name: str, value: str) -> None:
    await mark(it, name)
    await it.pilot.press("enter")
    it.app.screen.query_one(PathInput).value = value
    await it.pilot.press("enter")


async def saved(it: Running, config: Path, line: str) -> None:
    """Wait until the line is in the file, and the settings know that it is."""
    await it.until(
        lambda: line in config.read_text(), lambda: f"{line} not in\n{config.read_text()}"
    )
    await it.until(
        lambda: all(each.is_finished for each in it.app.workers if each.group == "settings")
    )
    await it.pilot.pause()


async def test_f10_shows_every_setting_with_its_value_and_origin(config: Path) -> None:
    async with settings_open(config, size=(100, 48)) as it:
        for row in EDITABLE_SETTINGS:
            assert row.title in it.text
            assert row.group in it.text
        assert "config.toml" in it.text
        await mark(it, "max_turns")
        await it.see("How many replies may stream at once")
        assert "Changes at once." in it.text
        await mark(it, "mirror")
        await it.see("Holds from the next start on.")
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))


async def test_a_long_value_is_shown_whole_where_there_is_room(config: Path) -> None:
    config.write_text('exports_dir = "/a/folder/with/a/name/of/some/length"\n')
    async with settings_open(config) as it:
        await mark(it, "exports_dir")
        await it.see("/a/folder/with/a/name/o…  config.toml")
        await it.see("Now: /a/folder/with/a/name/of/some/length")


async def test_without_motion_replies_are_drawn_seldom_and_nothing_glides(config: Path) -> None:
    async with settings_open(config) as it:
        chat = next(each for each in it.app.screen_stack if isinstance(each, ChatScreen))
        assert (chat.window.limiter.most, it.app.animation_level) == (20, "full")
        await choose(it, "motion", "off")
        await it.until(lambda: it.app.animation_level == "none")
        assert chat.window.limiter.most == 4
        await it.pilot.press("ctrl+z")
        await it.until(lambda: it.app.animation_level == "full")
        assert chat.window.limiter.most == 20


async def test_without_motion_the_start_is_calm_already() -> None:
    async with running(reply("one"), values={"motion": "off", "repaint_rate": 2}) as it:
        chat = it.app.screen
        assert isinstance(chat, ChatScreen)
        assert (chat.window.limiter.most, it.app.animation_level) == (2, "none")
        await it.ask("go")
        await it.see("one")


async def test_a_theme_is_shown_at_once_and_can_be_undone(config: Path) -> None:
    async with settings_open(config) as it:
        await choose(it, "theme", "light")
        await saved(it, config, 'theme = "light"')
        await it.until(lambda: it.app.theme == LIGHT.name)
        await it.pilot.press("ctrl+z")
        await it.until(lambda: it.app.theme == DARK.name)
        assert config.read_text() == MINE
        await it.pilot.press("ctrl+z")
        await it.see("There is nothing to undo.")


async def test_a_change_can_be_undone_after_the_settings_were_closed(config: Path) -> None:
    async with settings_open(config) as it:
        await fill_in(it, "max_turns", "5")
        await saved(it, config, "max_turns = 5")
        await it.pilot.press("escape", "f10")
        await it.until(lambda: isinstance(it.app.screen, SettingsScreen))
        await it.pilot.press("ctrl+z")
        await saved(it, config, "max_turns = 3")


async def test_a_value_can_be_left_to_the_program(config: Path) -> None:
    async with settings_open(config) as it:
        await mark(it, "max_turns")
        await it.pilot.press("f9")
        await it.until(lambda: config.read_text() == "# Mine.\n")


async def test_what_cannot_be_used_is_said_beside_the_field(config: Path) -> None:
    async with settings_open(config) as it:
        await fill_in(it, "max_turns", "100")
        await it.see("not 100.")
        assert config.read_text() == MINE
        assert it.app.screen.query_one(PathInput).has_focus
        await it.pilot.press("escape")
        assert isinstance(it.app.screen, SettingsScreen)
        assert "must be" not in it.text


async def test_a_field_belongs_to_its_setting_wherever_the_mark_goes(config: Path) -> None:
    async with settings_open(config) as it:
        await mark(it, "max_turns")
        await it.pilot.press("enter")
        await mark(it, "repaint_rate")
        await it.pilot.press("backspace", "7", "enter")
        await saved(it, config, "max_turns = 7")
        assert "repaint_rate" not in config.read_text()


async def test_what_a_flag_holds_is_written_and_not_used(config: Path) -> None:
    async with settings_open(config, flags={"theme": "dark"}) as it:
        await mark(it, "theme")
        await it.see("--theme says dark and wins over the file.")
        await choose(it, "theme", "light")
        await it.see("Written, but --theme holds in this run.")
        assert it.app.theme == DARK.name
        assert 'theme = "light"' in config.read_text()
        await it.see("--theme says dark and wins over the file, which says light.")


async def test_what_needs_a_new_start_says_so(config: Path, tmp_path: Path) -> None:
    async with settings_open(config) as it:
        await fill_in(it, "mirror", str(tmp_path))
        await it.see("Written; it holds from the next start on.")
        assert f'mirror = "{tmp_path}"' in config.read_text()


async def test_more_replies_stream_at_once_as_soon_as_that_is_wanted(config: Path) -> None:
    async with settings_open(config, reply("one"), reply("two")) as it:
        it.chat.turns.set_limit(0)
        await it.pilot.press("escape")
        await it.ask("wait")
        await it.see("wait")
        assert it.backend.requests == []
        await it.pilot.press("f10")
        await it.until(lambda: isinstance(it.app.screen, SettingsScreen))
        await fill_in(it, "max_turns", "2")
        await it.until(lambda: len(it.backend.requests) == 1)


async def test_enter_can_break_the_line_and_ctrl_j_send(config: Path) -> None:
    async with settings_open(config, reply("heard")) as it:
        await choose(it, "enter", "newline")
        await saved(it, config, 'enter = "newline"')
        await it.pilot.press("escape")
        await it.see("ctrl+j sends")
        await it.pilot.press("a", "enter", "b")
        assert it.prompt.text == "a\nb"
        await it.pilot.press("ctrl+j")
        await it.see("heard")
        (prompt, _) = it.path
        assert prompt.text == "a\nb"
        await it.pilot.press("f1")
        await it.see("Send the prompt")
        lines = it.text.splitlines()
        assert any("ctrl+j" in line and "Send the prompt" in line for line in lines)


async def test_enter_breaks_the_line_from_the_start_where_the_file_says_so() -> None:
    async with running(reply("heard"), enter_sends=False) as it:
        await it.see("ctrl+j sends")
        await it.pilot.press("a", "enter", "b", "ctrl+j")
        await it.see("heard")


async def test_keys_of_a_persons_own_win_over_what_enter_is_set_to_do() -> None:
    async with running(reply("heard"), enter_sends=False, keys={"prompt.send": "f12"}) as it:
        await it.pilot.press("a", "enter", "b", "f12")
        await it.see("heard")


async def test_new_conversations_use_the_service_that_was_chosen(config: Path) -> None:
    config.write_text(
        '[services.scripted]\nkind = "embedded"\n[services.other]\nkind = "embedded"\n'
    )
    async with settings_open(config) as it:
        it.services["other"] = Service(name="other", kind=ServiceKind.EMBEDDED)
        await choose(it, "service", "other")
        await saved(it, config, 'service = "other"')
        assert it.chat.conversations.create().service == "other"


async def test_a_file_that_cannot_be_read_is_said_and_nothing_opens(config: Path) -> None:
    settings = load_settings({"config": str(config)}, {})
    config.write_text("max_turns = ")
    async with running(
        settings=SettingsStore(
            settings, themes=theme_names, choices=LastChoices(config.parent / "last-choices.json")
        )
    ) as it:
        await it.command("/settings")
        await it.see("The configuration file")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (30, 10)])
async def test_the_settings_fit_any_screen(config: Path, size: tuple[int, int]) -> None:
    async with settings_open(config, size=size) as it:
        await mark(it, "plain")
        await it.see("Line by line")
        await it.pilot.press("enter", "escape")


async def test_the_command_for_themes_shows_them_on_the_way_and_remembers_the_chosen_one(
    config: Path,
) -> None:
    memory = LastChoices(config.parent / "last-choices.json")
    async with settings_open(config, memory=memory) as it:
        await it.pilot.press("escape")
        before = it.app.theme
        await it.command("/theme")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.pilot.press(*"light")
        await it.until(lambda: it.app.theme == LIGHT.name)
        await it.pilot.press("escape")
        await it.until(lambda: it.app.theme == before)
        assert memory.get("theme") is None
        await it.command("/theme")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.pilot.press(*"light", "enter")
        await it.until(lambda: memory.get("theme") == "light")
        assert config.read_text() == MINE
        assert it.app.theme == LIGHT.name


async def test_the_settings_say_that_a_theme_is_the_one_chosen_last(config: Path) -> None:
    (config.parent / "last-choices.json").write_text('{"values": {"theme": "light"}}')
    async with settings_open(config) as it:
        row = next(each for each in it.text.split("\n") if "Theme" in each)
        assert "light" in row
        assert "last choice" in row
        await mark(it, "theme")
        await it.pilot.press("f9")
        await it.until(lambda: "last choice" not in it.text)
        await it.pilot.press("ctrl+z")
        await it.see("last choice")
        assert config.read_text() == MINE
        await it.until(lambda: it.app.theme == LIGHT.name)


@pytest.mark.parametrize(
    ("words", "title"),
    [("colours", "Theme"), ("max_turns", "Replies at once"), ("files log", "Log file")],
)
async def test_a_setting_is_found_by_its_words_its_name_and_its_group(
    config: Path, words: str, title: str
) -> None:
    async with settings_open(config) as it:
        await it.pilot.press(*words)
        await it.until(lambda: title in it.text and "Notifications" not in it.text)
        assert "Mirror folder" not in it.text
        # Below nothing at all stands nothing about a setting.
        await it.pilot.press(*"zzz")
        await it.until(lambda: "Nothing fits." in it.text and "In config.toml" not in it.text)


async def test_a_folder_is_completed_and_a_number_is_not(config: Path, tmp_path: Path) -> None:
    (tmp_path / "chats").mkdir()
    async with settings_open(config) as it:
        await mark(it, "exports_dir")
        await it.pilot.press("enter")
        field = it.app.screen.query_one(PathInput)
        field.value = f"{tmp_path}/cha"
        await it.pilot.press("end", "tab")
        assert field.value == f"{tmp_path}/chats/"
        await it.pilot.press("enter")
        await saved(it, config, f'exports_dir = "{tmp_path}/chats')
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        it.prompt.insert(f"/settings exports_dir {tmp_path}/ch")
        await it.see("chats/")
        await it.pilot.press("tab")
        await it.until(lambda: it.prompt.text.endswith("/chats/"))
        # What is not there yet may be named, too.
        await it.pilot.press(*"new", "enter")
        await saved(it, config, f'exports_dir = "{tmp_path}/chats/new')
