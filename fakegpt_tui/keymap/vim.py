"""Keys of vim mode: the commands of the prompt's normal, visual and insert mode, in one table.

A key is written as in the keymap; keys one after the other stand apart: `g g`. An action is the name
of what the modules of `ui/widgets/editing` do.
"""

from collections.abc import Iterable, Iterator, Mapping

from fakegpt_tui.keymap import COMMANDS, Command, KeyScope, key_sign
from fakegpt_tui.keymap.readline import EDITING_COMMANDS

MOTION, OPERATOR = KeyScope.VIM_MOTION, KeyScope.VIM_OPERATOR
OBJECT = KeyScope.VIM_OBJECT
NORMAL, VISUAL, INSERT = KeyScope.VIM_NORMAL, KeyScope.VIM_VISUAL, KeyScope.VIM_INSERT

_OBJECTS = (
    ("word", "w", "word", "the word"),
    ("big-word", "W", "WORD", "all up to the next blanks"),
    ("sentence", "s", "sentence", "the sentence"),
    ("paragraph", "p", "paragraph", "the lines up to an empty one"),
    ("double-quotes", '"', "quotes", "what is between double quotes"),
    ("single-quotes", "'", "quotes", "what is between single quotes"),
    ("backticks", "`", "backticks", "what is between backticks"),
    ("parentheses", "( ) b", "brackets", "what is between parentheses"),
    ("square-brackets", "[ ]", "brackets", "what is between square brackets"),
    ("braces", "{ } B", "braces", "what is between braces"),
    ("angle-brackets", "< >", "brackets", "what is between angle brackets"),
)


def _object_commands() -> Iterator[Command]:
    for name, keys, label, what in _OBJECTS:
        for sign, kind, more in (("i", "inner", ""), ("a", "around", ", and what is around it")):
            pressed = ",".join(f"{sign} {key}" for key in keys.split())
            action = f"{kind}_{name.replace('-', '_')}"
            yield Command(
                OBJECT,
                f"vim.{kind}-{name}",
                pressed,
                action,
                f"{kind} {label}".capitalize(),
                f"Take {what}{more}",
            )


# fmt: off
VIM_COMMANDS: tuple[Command, ...] = (
    Command(INSERT, "vim.leave", "escape,ctrl+left_square_bracket", "leave", "Normal mode", "Go to normal mode, or drop what was begun there"),

    Command(NORMAL, "vim.insert", "i", "insert", "Insert", "Type before the cursor"),
    Command(NORMAL, "vim.insert-at-start", "I", "insert_at_start", "Insert at start", "Type before the first letter of the line"),
    Command(NORMAL, "vim.append", "a", "append", "Append", "Type behind the cursor"),
    Command(NORMAL, "vim.append-at-end", "A", "append_at_end", "Append at end", "Type at the end of the line"),
    Command(NORMAL, "vim.open-below", "o", "open_below", "Line below", "Type in a new line below"),
    Command(NORMAL, "vim.open-above", "O", "open_above", "Line above", "Type in a new line above"),
    Command(NORMAL, "vim.delete-character", "x,delete", "delete_character", "Delete character", "Delete the character under the cursor"),
    Command(NORMAL, "vim.delete-before", "X", "delete_before", "Delete before", "Delete the character before the cursor"),
    Command(NORMAL, "vim.substitute", "s", "substitute", "Substitute", "Type in place of the character"),
    Command(NORMAL, "vim.substitute-line", "S", "substitute_line", "Substitute line", "Type in place of the line"),
    Command(NORMAL, "vim.delete-to-end", "D", "delete_to_end", "Delete to end", "Delete up to the end of the line"),
    Command(NORMAL, "vim.change-to-end", "C", "change_to_end", "Change to end", "Type in place of the rest of the line"),
    Command(NORMAL, "vim.yank-line", "Y", "yank_line", "Copy line", "Copy the line"),
    Command(NORMAL, "vim.put", "p", "put", "Put", "Put what was copied or deleted behind the cursor, lines below it"),
    Command(NORMAL, "vim.put-before", "P", "put_before", "Put before", "Put what was copied or deleted before the cursor, lines above it"),
    Command(NORMAL, "vim.replace", "r", "replace", "Replace", "Replace the character by the one that is typed next"),
    Command(NORMAL, "vim.toggle-character", "~", "toggle_character", "Upper or lower", "Make the letter a capital, or a small one"),
    Command(NORMAL, "vim.join", "J", "join", "Join", "Join the line with the next one"),
    Command(NORMAL, "vim.undo", "u", "undo", "Undo", "Take the last change of the prompt back"),
    Command(NORMAL, "vim.redo", "ctrl+r", "redo", "Redo", "Do again what was taken back"),
    Command(NORMAL, "vim.repeat", ".", "repeat", "Repeat", "Do the last change once more, here"),
    Command(NORMAL, "vim.visual", "v", "visual", "Visual", "Select by characters"),
    Command(NORMAL, "vim.visual-lines", "V", "visual_lines", "Visual lines", "Select by lines"),
    Command(NORMAL, "vim.reselect", "g v", "reselect", "Select again", "Select what was selected last"),
    Command(NORMAL, "vim.slash", "/,:", "slash", "Command", "Begin a slash command, where the prompt is empty"),

    Command(OPERATOR, "vim.delete", "d", "delete", "Delete", "Delete; twice, the line"),
    Command(OPERATOR, "vim.yank", "y", "yank", "Copy", "Copy; twice, the line"),
    Command(OPERATOR, "vim.change", "c", "change", "Change", "Type something in place of it; twice, of the line"),
    Command(OPERATOR, "vim.indent", ">", "indent", "Indent", "Indent by four blanks; twice, the line"),
    Command(OPERATOR, "vim.outdent", "<", "outdent", "Outdent", "Indent by four blanks less; twice, the line"),
    Command(OPERATOR, "vim.lower", "g u", "lower", "Lower", "Make letters small"),
    Command(OPERATOR, "vim.upper", "g U", "upper", "Upper", "Make letters capitals"),
    Command(OPERATOR, "vim.toggle", "g ~", "toggle", "Toggle", "Make capitals small, and small letters capitals"),
    Command(OPERATOR, "vim.register", '"', "register", "Register", 'Keep or find it under the letter that is typed next; "+ and "* are the clipboard'),

    Command(VISUAL, "vim.other-end", "o", "other_end", "Other end", "Go to the other end of the selection"),
    Command(VISUAL, "vim.visual-delete", "x,delete", "delete", "Delete", "Delete the selection"),
    Command(VISUAL, "vim.visual-change", "s", "change", "Change", "Type in place of the selection"),
    Command(VISUAL, "vim.visual-delete-lines", "X,D", "delete_lines", "Delete lines", "Delete the lines of the selection"),
    Command(VISUAL, "vim.visual-change-lines", "C,S,R", "change_lines", "Change lines", "Type in place of the lines of the selection"),
    Command(VISUAL, "vim.visual-yank-lines", "Y", "yank_lines", "Copy lines", "Copy the lines of the selection"),
    Command(VISUAL, "vim.visual-lower", "u", "lower", "Lower", "Make the letters of the selection small"),
    Command(VISUAL, "vim.visual-upper", "U", "upper", "Upper", "Make the letters of the selection capitals"),
    Command(VISUAL, "vim.visual-toggle", "~", "toggle", "Toggle", "Make capitals of the selection small, and small letters capitals"),
    Command(VISUAL, "vim.visual-put", "p", "put", "Put", "Put what was copied in place of the selection, which is kept in its stead"),
    Command(VISUAL, "vim.visual-put-only", "P", "put_before", "Put only", "Put what was copied in place of the selection, and keep it to be put again"),
    Command(VISUAL, "vim.visual-replace", "r", "replace", "Replace", "Replace each character of the selection by the one that is typed next"),
    Command(VISUAL, "vim.visual-join", "J", "join", "Join", "Join the lines of the selection"),
    Command(VISUAL, "vim.by-characters", "v", "visual", "Characters", "Select by characters, or no longer"),
    Command(VISUAL, "vim.by-lines", "V", "visual_lines", "Lines", "Select by lines, or no longer"),

    Command(MOTION, "vim.left", "h,left,backspace", "left", "Left", "Go left"),
    Command(MOTION, "vim.right", "l,right,space", "right", "Right", "Go right"),
    Command(MOTION, "vim.down", "j,down", "down", "Down", "Go down a line; on the last one, go on to a later prompt"),
    Command(MOTION, "vim.up", "k,up", "up", "Up", "Go up a line; on the first one, bring back an earlier prompt"),
    Command(MOTION, "vim.word", "w", "word", "Word", "Go to the next word"),
    Command(MOTION, "vim.big-word", "W,ctrl+right", "big_word", "WORD", "Go to what follows the next blanks"),
    Command(MOTION, "vim.word-back", "b", "word_back", "Word back", "Go back to the beginning of a word"),
    Command(MOTION, "vim.big-word-back", "B,ctrl+left", "big_word_back", "WORD back", "Go back to what follows blanks"),
    Command(MOTION, "vim.word-end", "e", "word_end", "Word end", "Go to the end of a word"),
    Command(MOTION, "vim.big-word-end", "E", "big_word_end", "WORD end", "Go to the last character before blanks"),
    Command(MOTION, "vim.word-end-back", "g e", "word_end_back", "Word end back", "Go back to the end of the word before"),
    Command(MOTION, "vim.big-word-end-back", "g E", "big_word_end_back", "WORD end back", "Go back to the last character before blanks"),
    Command(MOTION, "vim.column-zero", "0,home", "column_zero", "Line start", "Go to the start of the line"),
    Command(MOTION, "vim.nonblank", "^", "nonblank", "First letter", "Go to the first letter of the line"),
    Command(MOTION, "vim.end-of-line", "$,end", "end_of_line", "Line end", "Go to the end of the line"),
    Command(MOTION, "vim.last-nonblank", "g _", "last_nonblank", "Last letter", "Go to the last letter of the line"),
    Command(MOTION, "vim.column", "|", "column", "Column", "Go to the column of the number that was typed before"),
    Command(MOTION, "vim.line-down", "plus", "line_down", "Next line", "Go to the first letter of the next line"),
    Command(MOTION, "vim.line-up", "-", "line_up", "Line before", "Go to the first letter of the line before"),
    Command(MOTION, "vim.this-line", "_", "this_line", "This line", "Go to the first letter of this line"),
    Command(MOTION, "vim.first-line", "g g", "numbered_line", "First line", "Go to the first line, or to that of the number that was typed before"),
    Command(MOTION, "vim.last-line", "G", "last_line", "Last line", "Go to the last line, or to that of the number that was typed before"),
    Command(MOTION, "vim.paragraph", "}", "paragraph", "Paragraph", "Go to the next empty line"),
    Command(MOTION, "vim.paragraph-back", "{", "paragraph_back", "Paragraph back", "Go back to an empty line"),
    Command(MOTION, "vim.sentence", ")", "sentence", "Sentence", "Go to the next sentence"),
    Command(MOTION, "vim.sentence-back", "(", "sentence_back", "Sentence back", "Go back to the beginning of a sentence"),
    Command(MOTION, "vim.bracket", "%", "matching_bracket", "Bracket", "Go to the other bracket of a pair"),
    Command(MOTION, "vim.find", "f", "find", "Find", "Go to the character that is typed next, on this line"),
    Command(MOTION, "vim.find-back", "F", "find_back", "Find back", "Go back to the character that is typed next"),
    Command(MOTION, "vim.till", "t", "till", "Till", "Go up to the character that is typed next"),
    Command(MOTION, "vim.till-back", "T", "till_back", "Till back", "Go back up to the character that is typed next"),
    Command(MOTION, "vim.find-again", ";", "find_again", "Find again", "Go to the next character of those that were searched for"),
    Command(MOTION, "vim.find-again-back", "comma", "find_again_back", "Find before", "Go to the one before"),

    *_object_commands(),
)
# fmt: on

ALL_COMMANDS = (*COMMANDS, *EDITING_COMMANDS, *VIM_COMMANDS)

Keys = tuple[str, ...]
"""Keys in a row: each by the character that it types, or else by its name."""

_TOGETHER = (
    (INSERT, NORMAL, OPERATOR, MOTION),
    (INSERT, VISUAL, OPERATOR, OBJECT, MOTION),
    (INSERT, OBJECT, MOTION),
)
"""The parts of the table that hold together: in normal and visual mode, and behind an operator."""


def key_sequences(keys: str) -> list[Keys]:
    """The keys of a command, each a sequence of keys one after the other."""
    return [tuple(map(key_sign, each.split())) for each in keys.split(",") if each.strip()]


def vim_key_problems(changed: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Which keys that a user has changed vim mode cannot use, with the ids of their commands."""
    for command in VIM_COMMANDS:
        for keys in key_sequences(changed.get(command.id, "")):
            written = "".join(keys)
            if command.scope is INSERT and (len(keys) > 1 or len(keys[0]) == 1):
                yield (command.id,), f"{written}, given to {command.id}, is typed in insert mode."
            elif keys[0] in "123456789":
                yield (command.id,), f"{written}, given to {command.id}, begins a count."
    for scopes in _TOGETHER:
        yield from _conflicts([each for each in VIM_COMMANDS if each.scope in scopes], changed)


def begins_keys(keys: Keys, scope: KeyScope, changed: Mapping[str, str]) -> bool:
    """Do the longer keys of a command that holds in this scope, too, begin with these keys?"""
    scopes = {each for together in _TOGETHER if scope in together for each in together}
    known = (
        sequence
        for each in VIM_COMMANDS
        if each.scope in scopes
        for sequence in key_sequences(changed.get(each.id, each.keys))
    )
    return any(len(each) > len(keys) and each[: len(keys)] == keys for each in known)


def _conflicts(
    commands: Iterable[Command], changed: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Keys that two commands have, or with which the keys of another command begin."""
    taken: dict[Keys, str] = {}
    begun: dict[Keys, str] = {}
    for command in commands:
        for keys in key_sequences(changed.get(command.id, command.keys)):
            starts = [keys[:length] for length in range(1, len(keys))]
            others = (taken.get(keys), begun.get(keys), *map(taken.get, starts))
            other = next((each for each in others if each not in (None, command.id)), None)
            if other is not None and {other, command.id} & changed.keys():
                given = f"{' '.join(keys)}, given to {command.id}"
                yield (other, command.id), f"{given}, cannot be told from keys of {other}."
            taken[keys] = command.id
            begun.update(dict.fromkeys(starts, command.id))
