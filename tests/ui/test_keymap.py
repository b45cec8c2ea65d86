"""The one table of keys."""

import re

import pytest
from textual.binding import Binding

from fakegpt_tui.keymap import COMMANDS, KeyScope
from fakegpt_tui.ui.bindings import bindings, effective_keys, first_key, key_labels, validate_keys
from tests.ui.running import running

_LEGACY_TWINS = {"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+left_square_bracket", "alt+O"}
_READLINE = {f"ctrl+{letter}" for letter in "abefkuwy"} | {"alt+b", "alt+f", "alt+d"}


def test_every_command_has_a_name_of_its_own_and_help() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    slashes = [command.slash for command in COMMANDS if command.slash]
    assert len(set(slashes)) == len(slashes)
    assert all(command.help for command in COMMANDS)
    # Of two rows of the help with the same word, a reader would not know which to take.
    assert len({(command.scope, command.label) for command in COMMANDS}) == len(COMMANDS)


def test_what_a_command_acts_on_is_named_where_it_stands_alone() -> None:
    """In the palette, in completion and in plain mode no list is beside it."""
    named = (each.help for each in COMMANDS if each.slash)
    assert [words for words in named if re.match(r"\w+ (it|them)\b", words)] == []


def test_only_stopping_and_going_back_share_a_key() -> None:
    keys = [
        (command.scope, key)
        for command in COMMANDS
        for key in command.keys.split(",")
        if key and command.id != "app.prompt"
    ]
    assert len(set(keys)) == len(keys)
    assert validate_keys({}) == []


def test_no_key_is_one_that_a_legacy_terminal_cannot_tell_from_another() -> None:
    keys = {key for command in COMMANDS for key in command.keys.split(",")}
    assert not keys & _LEGACY_TWINS


def test_readline_keys_stay_readline_keys() -> None:
    in_the_prompt = [
        command for command in COMMANDS if command.scope in (KeyScope.ANY, KeyScope.PROMPT)
    ]
    keys = {key for command in in_the_prompt for key in command.keys.split(",")}
    assert not keys & _READLINE


@pytest.mark.parametrize("where", KeyScope)
def test_bindings_carry_the_ids_that_the_settings_name(where: KeyScope) -> None:
    ids = [binding.id for binding in bindings(where) if isinstance(binding, Binding)]
    assert None not in ids
    assert set(ids) <= {command.id for command in COMMANDS}


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"chat.nwe": "ctrl+n"}, "There is no command 'chat.nwe'"),
        ({"chat.new": "ctlr+n"}, "'ctlr+n', given to chat.new, is not the name of a key"),
        ({"chat.new": "bananas"}, "'bananas', given to chat.new, is not the name of a key"),
        ({"chat.new": "ctrl+s"}, "ctrl+s is given to both"),
    ],
)
def test_a_settings_table_is_judged_before_it_is_used(overrides, problem: str) -> None:
    assert any(found.startswith(problem) for found in validate_keys(overrides))


@pytest.mark.parametrize("key", ["f12", "alt+x", "ctrl+shift+p", "slash", "ctrl+@", ""])
def test_a_command_can_be_moved_to_any_key_or_none(key: str) -> None:
    assert validate_keys({"chat.new": key}) == []


async def test_a_command_without_a_key_can_be_given_one() -> None:
    assert validate_keys({"chat.temporary": "f12"}) == []
    async with running(keys={"chat.temporary": "f12"}) as it:
        await it.pilot.press("f12")
        await it.see("leaves nothing on disk")


@pytest.mark.parametrize("wrong", [{"bogus.key": "f11"}, {"chat.save": "bananas"}])
def test_a_wrong_key_leaves_the_others_as_they_are_wanted(wrong: dict[str, str]) -> None:
    keys = effective_keys({"chat.new": "f12", **wrong}, enter_sends=True)
    assert keys == {"chat.new": "f12"}


def test_two_commands_for_one_key_are_both_left_as_they_are() -> None:
    wanted = {"chat.new": "f12", "chat.save": "f12", "chat.stop-all": "alt+x"}
    assert effective_keys(wanted, enter_sends=True) == {"chat.stop-all": "alt+x"}


def test_a_key_that_another_gave_up_in_vain_is_not_taken_from_it() -> None:
    wanted = {"chat.new": "bananas", "chat.save": "ctrl+n"}
    assert effective_keys(wanted, enter_sends=True) == {}


def test_keys_are_shown_as_they_are_written_on_the_keyboard() -> None:
    shown = {label for command in COMMANDS for label in key_labels(command.keys).split(", ")}
    assert {".", "/", "<", ">", "?"} <= shown
    assert not [label for label in shown if "_" in label]


def test_a_command_without_a_key_is_told_by_its_name() -> None:
    assert first_key("app.quit", {}) == "ctrl+q"
    assert first_key("app.quit", {"app.quit": "f12,ctrl+x"}) == "F12"
    assert first_key("app.quit", {"app.quit": ""}) == "/quit"
