"""Every key, in one table: bindings, footer, help, palette and `config.toml` follow from it."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType
from textual.keys import KEY_ALIASES, KEY_NAME_REPLACEMENTS, Keys


class Where(StrEnum):
    """The part of the screen that has the focus when a key works."""

    ANY = "anywhere"
    PROMPT = "in the prompt"
    TRANSCRIPT = "in the transcript"
    LIST = "in the conversation list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something a person can do, and its doors: keys, a palette entry, a slash command.

    `label` is for the footer, where only commands with `in_footer` stand. A command with no
    `slash` is a matter of moving about, and is not in the palette.
    """

    id: str
    where: Where
    keys: str
    action: str
    label: str
    help: str
    slash: str = ""
    in_footer: bool = False
    priority: bool = False


OPEN_NTH = "chat.open-"
"""What the ids of the nine commands for the nine first conversations begin with."""

_ANY = (
    Command(
        id="chat.new",
        where=Where.ANY,
        keys="ctrl+n,f4",
        action="new_conversation",
        label="New",
        help="Start a new conversation; replies under way go on",
        slash="/new",
        in_footer=True,
    ),
    Command(
        id="chat.stop",
        where=Where.ANY,
        keys="escape",
        action="stop",
        label="Stop",
        help="Stop the reply and keep what arrived",
        slash="/stop",
        in_footer=True,
    ),
    Command(
        id="app.prompt",
        where=Where.ANY,
        keys="escape",
        action="focus_prompt",
        label="Prompt",
        help="Go back to the prompt",
    ),
    Command(
        id="chat.stop-all",
        where=Where.ANY,
        keys="",
        action="stop_all",
        label="Stop all",
        help="Stop all replies and keep what arrived",
        slash="/stop all",
    ),
    Command(
        id="chat.save",
        where=Where.ANY,
        keys="ctrl+s,f5",
        action="save",
        label="Save",
        help="Save this conversation as a Markdown file",
        slash="/save",
        in_footer=True,
    ),
    Command(
        id="app.palette",
        where=Where.ANY,
        keys="ctrl+p,f8",
        action="commands",
        label="Commands",
        help="Find any command or conversation; also / in an empty prompt",
        in_footer=True,
    ),
    Command(
        id="list.toggle",
        where=Where.ANY,
        keys="ctrl+t,f9",
        action="toggle_list",
        label="List",
        help="Show or hide the conversation list",
        slash="/list",
    ),
    Command(
        id="chat.next",
        where=Where.ANY,
        keys="alt+j",
        action="step(1)",
        label="Next",
        help="Open the next conversation in the list",
        slash="/next",
    ),
    Command(
        id="chat.previous",
        where=Where.ANY,
        keys="alt+k",
        action="step(-1)",
        label="Previous",
        help="Open the previous conversation in the list",
        slash="/previous",
    ),
    *(
        Command(
            id=f"{OPEN_NTH}{number}",
            where=Where.ANY,
            keys=f"alt+{number}",
            action=f"open_nth({number})",
            label=f"Open {number}",
            help=f"Open conversation {number} of the list",
        )
        for number in range(1, 10)
    ),
    Command(
        id="chat.unread",
        where=Where.ANY,
        keys="alt+u",
        action="open_unread",
        label="Unread",
        help="Open the next conversation with an unread reply",
        slash="/unread",
    ),
    Command(
        id="login.sign-in",
        where=Where.ANY,
        keys="f7",
        action="sign_in",
        label="Sign in",
        help="Sign in to the service of this conversation, again if need be",
        slash="/login",
        priority=True,
    ),
    Command(
        id="login.sign-out",
        where=Where.ANY,
        keys="",
        action="sign_out",
        label="Sign out",
        help="Forget the session with the service of this conversation",
        slash="/logout",
    ),
    Command(
        id="app.theme",
        where=Where.ANY,
        keys="",
        action="theme",
        label="Theme",
        help="Change the colours",
        slash="/theme",
    ),
    Command(
        id="app.redraw",
        where=Where.ANY,
        keys="ctrl+l",
        action="redraw",
        label="Redraw",
        help="Draw the whole screen again",
        slash="/redraw",
    ),
    Command(
        id="app.help",
        where=Where.ANY,
        keys="f1,question_mark",
        action="help",
        label="Help",
        help="Show all keys; ? works outside the prompt",
        slash="/help",
        in_footer=True,
    ),
    Command(
        id="app.copy-or-stop",
        where=Where.ANY,
        keys="ctrl+c",
        action="copy_or_stop",
        label="Copy",
        help="Copy the selection, or else stop the reply, or else clear the prompt",
        priority=True,
    ),
    Command(
        id="app.next-pane",
        where=Where.ANY,
        keys="tab,f2",
        action="app.focus_next",
        label="Next pane",
        help="Go to the next part of the screen; shift+tab goes back",
    ),
    Command(
        id="app.quit",
        where=Where.ANY,
        keys="ctrl+q",
        action="app.quit",
        label="Quit",
        help="Leave; replies under way are stopped and kept",
        slash="/quit",
        in_footer=True,
    ),
)

_PROMPT = (
    Command(
        id="prompt.send",
        where=Where.PROMPT,
        keys="enter",
        action="send",
        label="Send",
        help="Send the prompt",
        in_footer=True,
    ),
    Command(
        id="prompt.newline",
        where=Where.PROMPT,
        keys="ctrl+j,shift+enter,alt+enter,ctrl+enter",
        action="newline",
        label="New line",
        help="Break the line; where a terminal knows no shift+enter, ctrl+j always works",
    ),
    Command(
        id="prompt.delete-or-quit",
        where=Where.PROMPT,
        keys="ctrl+d",
        action="delete_or_quit",
        label="Delete",
        help="Delete the character under the cursor; leave if the prompt is empty",
    ),
)

COMMANDS: tuple[Command, ...] = (*_PROMPT, *_ANY)


def bindings(where: Where) -> list[BindingType]:
    """Textual's bindings for one part of the screen; their ids are the commands' ids."""
    return [
        Binding(
            command.keys,
            command.action,
            command.label,
            id=command.id,
            show=command.in_footer,
            priority=command.priority,
            tooltip=command.help,
        )
        for command in COMMANDS
        if command.where is where and command.keys
    ]


def problems(overrides: Mapping[str, str]) -> list[str]:
    """What is wrong with a `[keys]` table, one sentence for each trouble.

    Textual itself takes unknown ids, misspelt keys and clashes in silence.
    """
    by_id = {command.id: command for command in COMMANDS if command.keys}
    found = [f"There is no command {name!r} to give a key to." for name in overrides.keys() - by_id]
    for name in by_id.keys() & overrides.keys():
        found += [
            f"{key!r}, given to {name}, is not the name of a key."
            for key in _split(overrides[name])
            if not _is_key(key)
        ]
    taken: dict[tuple[Where, str], str] = {}
    for name, command in by_id.items():
        for key in _split(overrides.get(name, command.keys)):
            other = taken.setdefault((command.where, key), name)
            # Two commands of the table may share a key, where only one of them is ever possible.
            if other != name and {other, name} & overrides.keys():
                found.append(f"{key} is given to both {other} and {name}.")
    return sorted(found)


def _split(keys: str) -> Iterable[str]:
    return (key.strip() for key in keys.split(",") if key.strip())


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
