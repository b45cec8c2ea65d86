"""Key bindings: how keys are written, the keymap for Textual, and the check of changed keys."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding, BindingType
from textual.keys import KEY_ALIASES, KEY_NAME_REPLACEMENTS, Keys

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.keymap import (
    COMMANDS,
    EDITING_PREFIX,
    ENTER_INSERTS_NEWLINE,
    VIM_PREFIX,
    Command,
    KeyScope,
    key_sign,
)
from fakegpt_tui.ui.terminal.typed_keys import key_name

_CONTROLLER_ACTION = lazy_pattern(r"(?!app\.|screen\.)(\w+)\.(\w+)(?:\((.*)\))?")
_FUNCTION_KEY = lazy_pattern(r"f\d+")
_KEY_LABELS = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn"}
_WITHOUT_STORE = {
    None,
    "app.copy-or-stop",
    "app.prompt",
    "app.quit",
    "app.redraw",
    "chat.stop",
    "prompt.delete-or-quit",
    "prompt.newline",
}
"""What a key does at once, whether or not the store has been read."""
_ON_ALL = {
    *("prompt.first", "transcript.first", "visual.first"),
    *("transcript.find", "transcript.find-next", "transcript.find-previous"),
}
"""What goes to where only the whole conversation leads."""
_DIALOGS = {KeyScope.SIDE_BY_SIDE, KeyScope.SERVICES, KeyScope.SERVICE_FORM}


def first_key(command_id: str, changed: Mapping[str, str]) -> str:
    """The first key of a command as it is written for users, or else its name, if it has any."""
    command = next(each for each in COMMANDS if each.id == command_id)
    keys = changed.get(command_id, command.keys)
    return key_label(keys.partition(",")[0]) if keys else command.slash


def key_labels(keys: str) -> str:
    """The keys of a command as they are written for users."""
    return ", ".join(key_label(key) for key in keys.split(","))


def key_label(key: str) -> str:
    """A key as it is written for users, or keys that are pressed one after the other."""
    labels = [_one_key_label(each) for each in key.split()]
    return ("" if all(len(each) == 1 for each in labels) else " ").join(labels)


def _one_key_label(key: str) -> str:
    *modifiers, name = (key,) if len(key) == 1 else key.split("+")
    sign = "space" if name == "space" else key_sign(name)
    label = _KEY_LABELS.get(name, name.upper() if _FUNCTION_KEY.fullmatch(name) else sign)
    return "+".join((*modifiers, label))


def bindings(scope: KeyScope) -> list[BindingType]:
    """Textual's bindings for one part of the screen; their ids are the commands' ids.

    A command that has no key is bound to its own id, which is on no keyboard, so that it can be
    given one.
    """
    return [
        Binding(
            command.keys or command.id,
            _dialog_action(command) if scope in _DIALOGS else command_action(command),
            command.label,
            id=command.id,
            show=command.in_footer,
            priority=command.priority,
            tooltip=command.help,
        )
        for command in COMMANDS
        if command.scope is scope
    ]


def command_action(command: Command) -> str:
    """The action by which the main screen runs a command, wherever the focus is."""
    match = _CONTROLLER_ACTION.fullmatch(command.action)
    if match is None:
        return command.action
    controller, method, arguments = match.groups(default="")
    given = arguments and f", ({arguments},)"  # as one, or Textual would cut them off
    return f"screen.run_command('{controller}', '{method}'{given})"


def _dialog_action(command: Command) -> str:
    """The action of a dialog that does the same there as a controller on the main screen."""
    return command.action.rpartition(".")[2]


def textual_keymap(changed: Mapping[str, str]) -> dict[str, str]:
    """The keymap for Textual, for which no key is no change: it becomes a key without a name."""
    return {name: keys or _NO_KEY for name, keys in changed.items()}


def needs_store(command_id: str | None) -> bool:
    """Does a command wait until the store is read? Before, it is not known what it acts on."""
    return command_id not in _WITHOUT_STORE


def needs_all(command_id: str | None, typed: str) -> bool:
    """Does a command wait until all of a long conversation is read, whose end is shown first?"""
    return command_id in _ON_ALL or (command_id == "prompt.send" and typed.startswith("/"))


def commands_for_key(key: str, overrides: Mapping[str, str]) -> list[Command]:
    """The commands that a key runs, in any part of the screen, but for those of vim's modes."""
    from fakegpt_tui.keymap.readline import EDITING_COMMANDS  # noqa: PLC0415 - when asked

    return [
        command
        for command in (*COMMANDS, *EDITING_COMMANDS)
        if key in map(_full_name, _split(overrides.get(command.id, command.keys)))
    ]


def effective_keys(changed: Mapping[str, str], *, enter_sends: bool) -> Mapping[str, str]:
    """The keys that differ from the table, with the valid ones among the user's."""
    swapped: Mapping[str, str] = {} if enter_sends else ENTER_INSERTS_NEWLINE
    valid = dict(changed)
    while wrong := {
        name for names, _ in _key_problems({**swapped, **valid}) for name in names if name in valid
    }:
        # Without a wrong one, another may be in the way of a key of the table.
        valid = {name: keys for name, keys in valid.items() if name not in wrong}
    return {**swapped, **valid}


def validate_keys(overrides: Mapping[str, str]) -> list[str]:
    """What is wrong with a `[keys]` table, one sentence for each error.

    Textual itself accepts unknown ids, misspelt keys and conflicts in silence.
    """
    return sorted(sentence for _, sentence in _key_problems(overrides))


def _key_problems(overrides: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong, with the ids of the commands that it is about."""
    commands = COMMANDS
    if any(name.startswith(EDITING_PREFIX) for name in overrides):
        from fakegpt_tui.keymap.readline import EDITING_COMMANDS, editing_key_problems  # noqa: PLC0415 - when changed

        commands += EDITING_COMMANDS
        yield from editing_key_problems(overrides)
    if any(name.startswith(VIM_PREFIX) for name in overrides):
        from fakegpt_tui.keymap.vim import VIM_COMMANDS, vim_key_problems  # noqa: PLC0415 - as above

        commands += VIM_COMMANDS
        yield from vim_key_problems(overrides)
    by_id = {each.id: each for each in commands}
    for name in overrides.keys() - by_id:
        yield (name,), f"There is no command {name!r} to give a key to."
    for name in by_id.keys() & overrides.keys():
        for key in _split(overrides[name]):
            keys = key.split() if name.startswith(VIM_PREFIX) else (key,)
            if not all(map(_is_key, keys)):
                yield (name,), f"{key!r}, given to {name}, is not the name of a key."
    yield from _conflicts(overrides)


def _conflicts(overrides: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    taken: dict[tuple[KeyScope, str], str] = {}
    for command in COMMANDS:
        for key in _split(overrides.get(command.id, command.keys)):
            other = taken.setdefault((command.scope, key), command.id)
            # Two commands of the table may share a key, where only one of them is ever possible.
            if other != command.id and {other, command.id} & overrides.keys():
                yield (other, command.id), f"{key} is given to both {other} and {command.id}."


def _split(keys: str) -> Iterable[str]:
    return (key.strip() for key in keys.split(",") if key.strip())


def _full_name(key: str) -> str:
    return key_name(key) if len(key) == 1 else key


_NO_KEY = ","

_MODIFIERS = {"ctrl", "alt", "shift", "super", "meta", "hyper"}
_NAMED_KEYS = {key.value for key in Keys} | set(KEY_ALIASES) | set(KEY_NAME_REPLACEMENTS.values())


def _is_key(key: str) -> bool:
    *modifiers, name = key.split("+")
    known = key in _NAMED_KEYS or name in _NAMED_KEYS or len(name) == 1 or _is_character(name)
    return known and set(modifiers) <= _MODIFIERS


def _is_character(name: str) -> bool:
    """Is this the Unicode name of a character, as Textual spells those keys?"""
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True
