"""Keys are changed by pressing others, hold at once, and are written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import OptionList

from fakegpt_tui.cli.settings_store import LastChoices, SettingsStore
from fakegpt_tui.config.edit import with_keys
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.ui.dialogs.keys import HelpScreen, KeysScreen, PressKeyScreen
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.themes import theme_names
from tests.ui.running import Running, reply, running

MINE = '# Mine.\n[keys]\n"chat.stop-all" = "f12"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


@asynccontextmanager
async def keys_open(config: Path, *scripts: object) -> AsyncIterator[Running]:
    settings = load_settings({"config": str(config)}, {})
    choices = LastChoices(config.parent / "last-choices.json")
    store = SettingsStore(settings, themes=theme_names, choices=choices)
    async with running(*scripts, settings=store, keys=settings.keys, size=(120, 40)) as it:
        await it.command("/edit keys")
        await it.until(lambda: isinstance(it.app.screen, KeysScreen))
        yield it


async def mark(it: Running, command_id: str) -> None:
    options = it.app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(command_id)
    await it.pilot.pause()


async def press_for(it: Running, command_id: str, begin: str, key: str) -> None:
    await mark(it, command_id)
    await it.pilot.press(begin)
    await it.until(lambda: isinstance(it.app.screen, PressKeyScreen))
    await it.pilot.press(key)
    await it.until(lambda: isinstance(it.app.screen, KeysScreen))


async def test_a_pressed_key_holds_at_once_and_is_written(config: Path) -> None:
    async with keys_open(config, reply("one")) as it:
        await press_for(it, "chat.new", "enter", "alt+x")
        await it.until(lambda: '"chat.new" = "alt+x"' in config.read_text())
        assert '"chat.stop-all" = "f12"' in config.read_text()
        await it.see("alt+x")
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        await it.ask("first")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.pilot.press("ctrl+n")
        assert it.path
        await it.pilot.press("alt+x")
        await it.until(lambda: not it.path)


async def test_keys_of_vim_are_pressed_one_after_the_other(config: Path) -> None:
    async with keys_open(config) as it:
        await mark(it, "vim.redo")
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PressKeyScreen))
        await it.pilot.press("g")
        await it.see("behind g")
        await it.pilot.press("r")
        await it.until(lambda: '"vim.redo" = "g r"' in config.read_text())
        await it.see("gr ")
        await press_for(it, "vim.undo", "enter", "w")
        await it.see("w, given to vim.word, cannot be told from keys of vim.undo.")
        await it.pilot.press("escape", "f1", *"vim.redo")
        await it.until(lambda: isinstance(it.app.screen, HelpScreen))
        await it.see("Nothing fits.")
        await it.until(lambda: "prompt.hints" not in it.text)
        await it.pilot.press("f2")
        await it.until(lambda: isinstance(it.app.screen, KeysScreen))


async def test_one_more_key_leaves_the_others(config: Path) -> None:
    async with keys_open(config) as it:
        await press_for(it, "chat.new", "f4", "alt+x")
        await it.until(lambda: '"chat.new" = "ctrl+n,f4,alt+x"' in config.read_text())


async def test_a_key_that_another_command_has_is_refused_with_a_reason(config: Path) -> None:
    async with keys_open(config) as it:
        await press_for(it, "chat.new", "enter", "ctrl+s")
        await it.see("ctrl+s is given to both")
        assert config.read_text() == MINE


async def test_a_key_can_be_left_to_the_program_and_that_undone(config: Path) -> None:
    async with keys_open(config) as it:
        await it.see("✎ F12")
        await mark(it, "chat.stop-all")
        await it.pilot.press("f9")
        await it.until(lambda: "f12" not in config.read_text())
        await it.see("—")
        await it.pilot.press("ctrl+z")
        await it.until(lambda: '"chat.stop-all" = "f12"' in config.read_text())
        await it.pilot.press("ctrl+z")
        await it.see("There is nothing to undo.")


async def test_pressing_escape_changes_nothing(config: Path) -> None:
    async with keys_open(config) as it:
        await press_for(it, "chat.new", "enter", "escape")
        assert config.read_text() == MINE


async def test_commands_are_found_by_words_and_keys(config: Path) -> None:
    async with keys_open(config) as it:
        await it.pilot.press(*"start a new conversation; replies")
        await it.until(lambda: it.app.screen.query_one(OptionList).option_count == 2)


async def test_the_settings_lead_to_the_keys(config: Path) -> None:
    async with keys_open(config) as it:
        await it.pilot.press("escape", "f10")
        await it.see("Keys of commands")
        await it.pilot.press(*"shortcuts", "enter")
        await it.until(lambda: isinstance(it.app.screen, KeysScreen))


@pytest.mark.parametrize(
    ("content", "changed"),
    [
        ("", '[keys]\n"chat.new" = "f5"\n'),
        ('[keys]\n"chat.new" = "f4"\n', '[keys]\n"chat.new" = "f5"\n'),
        ('[keys]\nchat.new = "f4"\n', '[keys]\nchat.new = "f5"\n'),
        ('[keys.chat]\nnew = "f4" # mine\n', '[keys.chat]\nnew = "f5" # mine\n'),
    ],
)
def test_keys_are_written_where_they_stand(content: str, changed: str) -> None:
    path = Path("config.toml")
    assert with_keys(content, "chat.new", "f5", path=path) == changed
    assert with_keys(changed, "chat.new", "f4", path=path).count("f4") == 1
    gone = with_keys(changed, "chat.new", None, path=path)
    assert "f5" not in gone
    assert with_keys(gone, "chat.new", None, path=path) == gone
