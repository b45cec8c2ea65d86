"""Keys that edit the prompt: those of text fields, and those of readline, in one table.

They are no bindings of Textual: the prompt runs them itself, between the letters around them.
"""

from collections.abc import Iterator, Mapping

from fakegpt_tui.keymap import COMMANDS, EDITING_PREFIX, Command, KeyScope

EDITING = KeyScope.EDITING

# fmt: off
EDITING_COMMANDS: tuple[Command, ...] = (
    Command(EDITING, "edit.left", "left,ctrl+b", "cursor_left", "Left", "Go left"),
    Command(EDITING, "edit.right", "right,ctrl+f", "cursor_right", "Right", "Go right"),
    Command(EDITING, "edit.up", "up", "cursor_up", "Up", "Go up a line; on the first one, bring back an earlier prompt"),
    Command(EDITING, "edit.down", "down", "cursor_down", "Down", "Go down a line; on the last one, go on to a later prompt"),
    Command(EDITING, "edit.word-left", "alt+left,ctrl+left,alt+b", "cursor_word_left", "Word left", "Go back by a word"),
    Command(EDITING, "edit.word-right", "alt+right,ctrl+right,alt+f", "cursor_word_right", "Word right", "Go on by a word"),
    Command(EDITING, "edit.line-start", "home,ctrl+a", "cursor_line_start", "Line start", "Go to the start of the line"),
    Command(EDITING, "edit.line-end", "end,ctrl+e", "cursor_line_end", "Line end", "Go to the end of the line"),

    Command(EDITING, "edit.select-left", "shift+left", "cursor_left(True)", "Select left", "Select to the left"),
    Command(EDITING, "edit.select-right", "shift+right", "cursor_right(True)", "Select right", "Select to the right"),
    Command(EDITING, "edit.select-up", "shift+up", "cursor_up(True)", "Select up", "Select up a line"),
    Command(EDITING, "edit.select-down", "shift+down", "cursor_down(True)", "Select down", "Select down a line"),
    Command(EDITING, "edit.select-word-left", "ctrl+shift+left", "cursor_word_left(True)", "Select word left", "Select back by a word"),
    Command(EDITING, "edit.select-word-right", "ctrl+shift+right", "cursor_word_right(True)", "Select word right", "Select by a word"),
    Command(EDITING, "edit.select-to-start", "shift+home", "cursor_line_start(True)", "Select to start", "Select to the start of the line"),
    Command(EDITING, "edit.select-to-end", "shift+end", "cursor_line_end(True)", "Select to end", "Select to the end of the line"),
    Command(EDITING, "edit.select-all", "super+a", "select_all", "Select all", "Select the whole prompt"),

    Command(EDITING, "edit.delete-left", "backspace", "delete_left", "Delete left", "Delete the character before the cursor"),
    Command(EDITING, "edit.delete-right", "delete", "delete_right", "Delete right", "Delete the character under the cursor"),
    Command(EDITING, "edit.cut", "ctrl+x,super+x", "cut", "Cut", "Cut the selection, or else the line, to the clipboard"),
    Command(EDITING, "edit.copy", "super+c", "copy", "Copy", "Copy the selection to the clipboard"),
    Command(EDITING, "edit.undo", "ctrl+z,ctrl+underscore,ctrl+shift+minus,super+z", "undo", "Undo", "Take the last change of the prompt back"),
    Command(EDITING, "edit.redo", "alt+z,ctrl+shift+z,super+y", "redo", "Redo", "Do again what was taken back"),

    Command(EDITING, "edit.kill-to-end", "ctrl+k", "readline('kill_to_end')", "Kill to end", "Delete to the end of the line, or the line break there; ctrl+y brings back what was killed"),
    Command(EDITING, "edit.kill-to-start", "ctrl+u,super+backspace", "readline('kill_to_start')", "Kill to start", "Delete to the start of the line, or the line break there"),
    Command(EDITING, "edit.kill-line", "ctrl+shift+k", "readline('kill_line')", "Kill line", "Delete the line"),
    Command(EDITING, "edit.kill-word-left", "ctrl+w", "readline('kill_big_word_left')", "Kill left", "Delete back to the next blank"),
    Command(EDITING, "edit.kill-letters-left", "alt+backspace,ctrl+backspace", "readline('kill_word_left')", "Kill word left", "Delete back to the start of a word"),
    Command(EDITING, "edit.kill-word-right", "alt+d,ctrl+delete,alt+delete", "readline('kill_word_right')", "Kill word", "Delete to the end of the word"),
    Command(EDITING, "edit.yank", "ctrl+y", "readline('yank')", "Yank", "Insert what was killed last; kills one after the other are one"),
    Command(EDITING, "edit.yank-before", "alt+y", "readline('yank_before')", "Yank before", "Right after that, replace it by what was killed before"),
    Command(EDITING, "edit.transpose", "alt+x", "readline('transpose')", "Transpose", "Exchange the characters beside the cursor"),
    Command(EDITING, "edit.transpose-words", "alt+shift+t", "readline('transpose_words')", "Transpose words", "Exchange the word with the one before"),
    Command(EDITING, "edit.upper", "alt+shift+u", "readline('upper')", "Upper", "Make the rest of the word capitals"),
    Command(EDITING, "edit.lower", "alt+shift+l", "readline('lower')", "Lower", "Make the rest of the word small letters"),
    Command(EDITING, "edit.capitalize", "alt+c", "readline('capitalize')", "Capitalize", "Make the next letter a capital, and the rest of the word small"),
)
# fmt: on

_BESIDE = {KeyScope.PROMPT, KeyScope.ANY}
"""Where commands have their keys that work in the prompt, too."""


def editing_keys(changed: Mapping[str, str]) -> dict[str, str]:
    """The actions by keys, without keys that a user has given to another command."""
    given = {
        key
        for command in COMMANDS
        if command.scope in _BESIDE and command.id in changed
        for key in _split(changed[command.id])
    }
    return {
        key: command.action
        for command in reversed(EDITING_COMMANDS)
        for key in _split(changed.get(command.id, command.keys))
        if command.id in changed or key not in given
    }


def editing_key_problems(changed: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Which keys that a user has changed two commands of the prompt have, with the ids of both."""
    in_prompt = [each for each in COMMANDS if each.scope is KeyScope.PROMPT]
    taken: dict[str, str] = {}
    for command in (*in_prompt, *EDITING_COMMANDS):
        for key in _split(changed.get(command.id, command.keys)):
            other = taken.setdefault(key, command.id)
            if other != command.id and _is_given(other, command.id, changed):
                yield (other, command.id), f"{key} is given to both {other} and {command.id}."


def _is_given(other: str, command_id: str, changed: Mapping[str, str]) -> bool:
    """Has a user given an edit a key that another command has, too?"""
    both = {other, command_id} & changed.keys()
    return any(each.startswith(EDITING_PREFIX) for each in both)


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]
