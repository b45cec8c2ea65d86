"""Keymap: every key, slash command and palette entry in one table.

A command of the main screen has an action such as `files.save`: the method `save` of the
controller for files. In a dialog it is an action of the dialog.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from fakegpt_tui.fast_import import dataclass


class KeyScope(StrEnum):
    """The part of the screen that has the focus when a key works."""

    PROMPT = "in the prompt"
    ANY = "anywhere"
    TRANSCRIPT = "in the transcript"
    VISUAL = "while text is selected in the transcript"
    LIST = "in the conversation list"
    SIDE_BY_SIDE = "in replies side by side"
    SERVICES = "in services and models"
    SERVICE_FORM = "while a service is added or changed"
    EDITING = "in the prompt, to edit it"
    VIM_INSERT = "in vim's insert mode"
    VIM_NORMAL = "in vim's normal mode"
    VIM_OPERATOR = "in vim mode, before a motion or for a selection"
    VIM_VISUAL = "in vim's visual mode"
    VIM_MOTION = "in vim mode, to move, or behind an operator"
    VIM_OBJECT = "in vim mode, to select, or behind an operator"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a user can do, with its keys, palette entry and slash command.

    `label` is for the footer, which shows commands with `in_footer` only. A command without a
    `slash`, such as moving a cursor, is not in the palette. What may stand behind its name is the
    `argument`, in the words of `argument_kinds.py`; the action is given these, after its own. A
    destructive one must be chosen; it is never the first of those that merely resemble what was typed.
    """

    scope: KeyScope
    id: str
    keys: str
    action: str
    label: str
    help: str
    slash: str = ""
    aliases: str = ""
    in_footer: bool = False
    priority: bool = False
    is_destructive: bool = False
    argument: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The slash command, and then its aliases."""
        return _names(self.slash, self.aliases)

    @property
    def usage(self) -> str:
        """The slash command with what it takes."""
        return f"{self.slash} {self.argument}".rstrip()


@cache
def _names(slash: str, aliases: str) -> tuple[str, ...]:
    return (slash, *re.findall(r"/[^/]*[^/ ]", aliases)) if slash else ()


_SIGNS = {
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
    "space": " ",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}
"""Signs that Textual names otherwise than Unicode does."""


def key_sign(name: str) -> str:
    """The sign that the key of a name types, or else the name."""
    if len(name) == 1 or name in _SIGNS:
        return _SIGNS.get(name, name)
    try:
        sign = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return name
    return sign if sign.isprintable() else name


EDITING_PREFIX, VIM_PREFIX, OPEN_NTH_PREFIX = "edit.", "vim.", "chat.open-"
"""How ids begin: of commands that edit the prompt, which have tables of their own, and of those
that open one of the first nine conversations."""

_ENTER = "enter"
_ENTER_VARIANTS = "ctrl+j,shift+enter,alt+enter,ctrl+enter"

ENTER_INSERTS_NEWLINE = MappingProxyType({"prompt.send": _ENTER_VARIANTS, "prompt.newline": _ENTER})
"""The keys to use when Enter breaks the line, and the variants of Enter send."""

PROMPT, ANY, TRANSCRIPT, VISUAL, LIST, SIDE_BY_SIDE, SERVICES, SERVICE_FORM, *_ = KeyScope

# One line for each command, however long: a table is read by its columns.
# fmt: off
COMMANDS: tuple[Command, ...] = (
    Command(PROMPT, "prompt.send", _ENTER, "send", "Send", "Send the prompt"),
    Command(PROMPT, "prompt.newline", _ENTER_VARIANTS, "newline", "New line", "Break the line; ctrl+j does so in every terminal"),
    Command(PROMPT, "prompt.delete-or-quit", "ctrl+d", "delete_or_quit", "Delete", "Delete the character under the cursor; leave if the prompt is empty"),

    Command(ANY, "chat.new", "ctrl+n,f4", "conversations.new", "New", "Start a new conversation; replies under way go on", "/new", "/clear /reset", in_footer=True),
    Command(ANY, "chat.stop", "escape", "prompt.leave_or_stop", "Stop", "Stop the reply and keep what arrived; first a selection, an edit or a search is left", in_footer=True),
    Command(ANY, "chat.stop-now", "", "prompt.stop", "Stop reply", "Stop the reply at once, whatever else is open, and keep what arrived", "/stop", "/cancel"),
    Command(ANY, "chat.stop-all", "", "prompt.stop_all", "Stop all", "Stop all replies", "/stop all", "/cancel all"),
    Command(ANY, "chat.search", "ctrl+o,f3", "conversations.search", "Search", "Search all conversations, and open what is found", "/open", "/search /resume /sessions", in_footer=True, argument="[NUMBER or CONVERSATION or WORDS]"),
    Command(ANY, "chat.model", "f6", "services.choose_model", "Model", "Choose the service and model of this conversation", "/model", "/models /service /services /switch-model", in_footer=True, priority=True, argument="[NUMBER or MODEL]"),
    Command(ANY, "chat.side-by-side", "alt+s", "side_by_side.ask", "Side by side", "Ask several services or models at once, and go on with the best reply", "/side-by-side", "/ask-several", argument="MODEL MODEL [MODEL [MODEL]]"),
    Command(ANY, "chat.temporary", "", "conversations.new_temporary", "Temporary", "Start a conversation that leaves nothing on disk but its cost", "/temporary", "/temp /private /incognito"),
    Command(ANY, "chat.system-prompt", "", "generation.edit_system_prompt", "System prompt", "Say how this conversation should be answered", "/system", "/instructions", argument="[TEXT]"),
    Command(ANY, "chat.generation", "alt+g", "generation.edit", "Generation", "See and change temperature, top_p, max_tokens, seed and stop here; keep them as a preset", "/generation", "/temperature /parameters", argument="[KEY=VALUE]"),
    Command(ANY, "chat.compact", "", "messages.compact", "Compact", "Let the model summarise this conversation, and send the summary in place of its older part", "/compact", "/summarize /summary"),
    Command(ANY, "chat.effort", "alt+t", "generation.cycle_effort", "Effort", "Let the model think more, or less, from the next reply on", "/effort", "/thinking /reasoning", argument="[LEVEL]"),
    Command(ANY, "chat.request", "", "generation.show_request", "Request", "Show the exact request that would be sent, and the service's last answer", "/request", "/dry-run /curl", argument="[TEXT]"),
    Command(ANY, "chat.preset", "", "generation.choose_preset", "Preset", "Use a system prompt and settings of the configuration", "/preset", "/presets /role", argument="[PRESET]"),
    Command(ANY, "chat.save", "ctrl+s,f5", "files.save", "Save", "Save this conversation as a Markdown file; a path says where, and its suffix in which format", "/save", "/export", in_footer=True, argument="[FORMAT] [PATH]"),
    Command(ANY, "chat.save-to", "", "files.ask_where", "Save to", "Save this conversation as a file whose path is asked for", "/save to", "/export to", argument="[PATH]"),
    Command(ANY, "chat.save-clean", "", "files.save('clean.md')", "Save clean", "Save what is shown as Markdown without ids, for others to read", "/save clean", "/export clean", argument="[PATH]"),
    Command(ANY, "chat.copy-path", "", "files.copy_path", "Copy path", "Copy the path of the file that was saved last", "/copy path", "/yank path"),
    Command(ANY, "chat.open-file", "", "files.open_saved", "Open file", "Open the file that was saved last with the program of the desktop for it", "/open file"),
    Command(ANY, "chat.open-folder", "", "files.open_folder", "Open folder", "Open the folder of the file that was saved last", "/open folder"),
    Command(ANY, "chat.save-as", "alt+e", "files.save_as", "Save as", "Save this conversation, some messages of it, or every conversation, in any format", "/save as", "/export as", argument="[FORMAT]"),
    Command(ANY, "chat.save-html", "", "files.save('html')", "Save as HTML", "Save this conversation as an HTML page", "/save html", "/export html", argument="[PATH]"),
    Command(ANY, "chat.save-jsonl", "", "files.save('jsonl')", "Save as JSON lines", "Save this conversation as JSON lines", "/save jsonl", "/export jsonl", argument="[PATH]"),
    Command(ANY, "chat.save-all", "", "files.save_all", "Save all", "Save every conversation", "/save all", "/export all", argument="[FORMAT]"),
    Command(ANY, "chat.import", "alt+i", "files.import_file", "Import", "Import saved conversations, or exports of other programs", "/import", "/load", argument="PATH"),
    Command(ANY, "chat.import-found", "", "files.import_found", "Import from other programs", "Find conversations of other programs on this machine, and import them", "/import found", "/load found", argument="[NUMBER]"),
    Command(ANY, "chat.read-back", "", "files.read_back", "Mirror", "Take over what was edited in the files of the mirror folder", "/mirror", "/read-back", argument="[NUMBER]"),
    Command(ANY, "chat.progress", "", "files.show_job", "Progress", "Show how far an import has come, or stop it", "/progress", "/jobs"),
    Command(ANY, "attach.file", "alt+a", "attachments.ask", "Attach", "Attach a file or picture to the prompt; @ in the prompt does so, too", "/attach", "/file /image /upload", argument="PATH"),
    Command(ANY, "attach.list", "alt+o", "attachments.show", "Attached", "Open, edit or remove what is attached to the prompt, or turn a paste back into text", "/attachments", "/attached"),
    Command(ANY, "attach.clear", "", "attachments.clear", "Detach", "Leave out all that is attached to the prompt", "/detach", "/unattach"),
    Command(PROMPT, "attach.paste", "ctrl+v,alt+v", "attachments.paste", "Paste", "Attach the picture or files of the clipboard, or insert its text", "/paste", "/clipboard"),
    Command(ANY, "chat.next", "alt+j", "conversations.step(1)", "Next", "Open the next conversation", "/next", "/forward"),
    Command(ANY, "chat.previous", "alt+k", "conversations.step(-1)", "Previous", "Open the previous conversation", "/previous", "/prev"),
    Command(ANY, "chat.unread", "alt+u", "conversations.open_unread", "Unread", "Open the next conversation with an unread reply", "/unread", "/inbox"),
    *(Command(ANY, f"{OPEN_NTH_PREFIX}{n}", f"alt+{n}", f"conversations.open_nth({n})", f"Open {n}", f"Open conversation {n} of the list") for n in range(1, 10)),
    Command(ANY, "queue.show", "alt+q", "recall.show_queue", "Queue", "Take a queued prompt back, to change or drop it", "/queue", "/queued", argument="[NUMBER]"),
    Command(ANY, "queue.send", "", "recall.send_queued", "Send queued", "Send a queued prompt that waits for you", "/send", "/send queued"),

    Command(PROMPT, "prompt.page-up", "pageup", "screen.run_in_transcript('page(-1)')", "Page up", "Scroll up a page of the conversation"),
    Command(PROMPT, "prompt.page-down", "pagedown", "screen.run_in_transcript('page(1)')", "Page down", "Scroll down a page of the conversation"),
    Command(PROMPT, "prompt.line-up", "alt+up", "screen.run_in_transcript('move(-1)')", "Line up", "Scroll up a line of the conversation"),
    Command(PROMPT, "prompt.line-down", "alt+down", "screen.run_in_transcript('move(1)')", "Line down", "Scroll down a line of the conversation"),
    Command(PROMPT, "prompt.hints", "alt+h", "hints.show", "Hints", "Put letters on what is in view of the conversation, as f does in the transcript"),
    Command(PROMPT, "prompt.first", "ctrl+home", "first", "First", "Go to the start of the prompt, or of the conversation where it is empty"),
    Command(PROMPT, "prompt.last", "ctrl+end", "last", "Last", "Go to the end of the prompt, or of the conversation where it is empty"),
    Command(PROMPT, "prompt.earlier", "alt+p", "earlier", "Earlier", "Bring back an earlier prompt; up does so on the first line"),
    Command(PROMPT, "prompt.later", "alt+n", "later", "Later", "Go on to a later prompt; down does so on the last line"),
    Command(PROMPT, "prompt.history", "ctrl+r", "recall.search_history", "Earlier prompts", "Search the earlier prompts", "/history", "/prompts", argument="[NUMBER]"),
    Command(ANY, "prompt.snippets", "", "snippets.choose", "Snippets", "Choose a snippet, which is a prompt of your own with gaps to fill in; an example set is offered there", "/snippets", "/snippet /templates", argument="[examples]"),
    Command(PROMPT, "prompt.edit", "ctrl+g", "prompt.open_editor", "Editor", "Write the prompt in $EDITOR; replies go on meanwhile", "/edit", "/editor"),

    Command(ANY, "login.account", "f7", "services.show_account", "Account", "See who is signed in to the service of this conversation, sign in again, or sign out", "/status", "/whoami", priority=True),
    Command(ANY, "login.sign-in", "", "services.sign_in", "Sign in", "Sign in to the service of this conversation, again if that is so already", "/login", "/signin"),
    Command(ANY, "login.another", "", "services.change_account", "Another account", "Sign in to the service of this conversation with another of its accounts", "/account", "/switch-account"),
    Command(ANY, "login.sign-out", "", "services.sign_out", "Sign out", "Forget the session with the service of this conversation", "/logout", "/signout", is_destructive=True),
    Command(ANY, "app.palette", "ctrl+p,f8", "app.command_palette", "Commands", "Find any command or conversation; / in an empty prompt lists commands above it", in_footer=True),
    Command(ANY, "app.copy-or-stop", "ctrl+c", "prompt.copy_or_stop", "Copy", "Copy the selection, or else stop the reply, or else clear the prompt; with nothing to do it says how to leave", priority=True),
    Command(ANY, "app.prompt", "escape", "prompt.leave", "Prompt", "Drop the selection, or else leave the edit, or else the search, or else go back to the prompt"),
    Command(ANY, "app.next-pane", "tab,f2", "app.focus_next", "Next pane", "Go from the prompt to the transcript, the list, and back; shift+tab goes the other way"),
    Command(ANY, "app.go-to-list", "alt+l", "go_to_list", "To the list", "Go to the conversation list, which is shown for it"),
    Command(ANY, "app.list", "ctrl+t,f9", "toggle_list", "List", "Show or hide the conversation list", "/list", "/sidebar"),
    Command(ANY, "app.settings", "f10", "settings.open", "Settings", "Change how the program looks and works", "/settings", "/preferences /config /options", argument="[SETTING [VALUE]]"),
    Command(ANY, "app.usage", "", "settings.show_usage", "Usage", "See tokens and money by month, model and conversation", "/usage", "/cost /tokens /price", argument="[GROUP]"),
    Command(ANY, "app.keys", "", "settings.edit_keys", "Edit keys", "Change the keys of all commands by pressing others", "/edit keys", "/keymap /bindings /shortcuts"),
    Command(ANY, "app.theme", "", "settings.choose_theme", "Theme", "Change the colours, dark or light, which are shown while you choose", "/theme", "/themes /color /colour /colors /colours", argument="[THEME]"),
    Command(ANY, "app.redraw", "ctrl+l", "redraw", "Redraw", "Draw the screen again", "/redraw", "/refresh"),
    Command(ANY, "app.help", "f1,question_mark", "help", "Help", "Show all keys; ? does so outside the prompt", "/help", "/keys /?", in_footer=True, argument="[WORDS]"),
    Command(ANY, "app.suspend", "", "app.suspend_process", "Suspend", "Stop the program and go back to the shell, whose `fg` goes on here", "/suspend", "/background"),
    Command(ANY, "app.quit", "ctrl+q", "app.quit", "Quit", "Leave; replies under way are stopped and kept", "/quit", "/exit /q", in_footer=True),

    Command(TRANSCRIPT, "transcript.up", "up,k", "move(-1)", "Up", "Go up a line"),
    Command(TRANSCRIPT, "transcript.down", "down,j", "move(1)", "Down", "Go down a line"),
    Command(TRANSCRIPT, "transcript.page-up", "pageup", "page(-1)", "Page up", "Scroll up a page"),
    Command(TRANSCRIPT, "transcript.page-down", "pagedown", "page(1)", "Page down", "Scroll down a page"),
    Command(TRANSCRIPT, "transcript.half-page-up", "ctrl+u", "page(-0.5)", "Half up", "Go up half a page"),
    Command(TRANSCRIPT, "transcript.half-page-down", "ctrl+d", "page(0.5)", "Half down", "Go down half a page"),
    Command(TRANSCRIPT, "message.edit", "e", "messages.edit", "Edit", "Edit the prompt and send it again; the old one stays as a variant", "/edit prompt", "/edit-prompt", in_footer=True, argument="[TEXT]"),
    Command(TRANSCRIPT, "message.edit-reply", "E", "messages.edit_reply", "Edit reply", "Edit the reply, and go on from it as you wrote it; the old one stays as a variant", "/edit reply", "/edit-reply", argument="[TEXT]"),
    Command(TRANSCRIPT, "message.regenerate", "r", "messages.regenerate", "Again", "Ask for another reply; the old one stays as a variant", "/retry", "/regenerate /again", in_footer=True),
    Command(TRANSCRIPT, "message.continue", "full_stop", "messages.continue_reply", "Continue", "Let the reply go on where it stopped", "/continue", "/go-on"),
    Command(TRANSCRIPT, "message.variant-before", "left,h", "messages.show_variant(-1)", "Before", "Show the variant before", "/variant before"),
    Command(TRANSCRIPT, "message.variant-after", "right,l", "messages.show_variant(1)", "After", "Show the variant after", "/variant", "/variants /variant after", argument="[NUMBER]"),
    Command(TRANSCRIPT, "message.compare", "D", "messages.compare", "Compare", "Compare with another variant, word by word; left and right choose which", "/compare", "/diff", argument="[NUMBER]"),
    Command(TRANSCRIPT, "message.tree", "t", "messages.show_tree", "Tree", "Show the tree of this conversation, one row a turn", "/tree", "/branches", argument="[NUMBER]"),
    Command(TRANSCRIPT, "message.go-to", "", "messages.go_to", "Go to", "Go to the message of a number; without one, choose in the tree", "/goto", "/message", argument="NUMBER"),
    Command(TRANSCRIPT, "message.branch", "b", "messages.branch", "Branch", "Go on from here in a new conversation", "/branch", "/fork"),
    Command(TRANSCRIPT, "message.trash", "d", "messages.trash", "Delete", "Put the message and all below it into the trash; press twice where these are several", "/trash message", "/delete message /remove message", is_destructive=True),
    Command(TRANSCRIPT, "transcript.hints", "f", "hints.show", "Hints", "Put letters on the links, code, pictures, files, folds and messages in view; typed, they open, copy, fold or mark", "/hints", in_footer=True),
    Command(TRANSCRIPT, "message.links", "L", "links.show", "Links", "Open or copy a link or a source of the marked message, also one that is out of view", "/links", "/sources", argument="[NUMBER]"),
    Command(TRANSCRIPT, "message.items", "x", "items.show", "Blocks", "Save, edit, pipe or copy the code blocks and files of the marked message", "/blocks", "/code /files", argument="[NUMBER [PATH]]"),
    Command(TRANSCRIPT, "message.view-picture", "o,enter", "pictures.view", "Picture", "Look at the picture of the marked message, or the nearest one, as large as the screen", "/picture", "/view"),
    Command(TRANSCRIPT, "message.pick", "m", "files.pick", "Pick", "Pick the message, to save all that are picked", "/pick", "/mark", argument="[NUMBER]"),
    Command(TRANSCRIPT, "message.save-picked", "s", "files.save_picked", "Save", "Save the picked messages, or those of the selection, as a Markdown file", "/save selection", "/export selection"),
    Command(TRANSCRIPT, "message.undo", "u", "conversations.undo", "Undo", "Take the last change back"),
    Command(TRANSCRIPT, "transcript.first", "g,home", "first", "First", "Go to the start"),
    Command(TRANSCRIPT, "transcript.last", "G,end", "last", "Last", "Go to the end, and follow what arrives", in_footer=True),
    Command(TRANSCRIPT, "transcript.mark-previous", "K,ctrl+up", "mark(-1)", "Message up", "Mark the message before; keys are about the marked one"),
    Command(TRANSCRIPT, "transcript.mark-next", "J,ctrl+down", "mark(1)", "Message down", "Mark the next message"),
    Command(TRANSCRIPT, "transcript.fold", "space", "fold", "Fold", "Show the reasoning of the marked message, hide all of it, show it again", in_footer=True),
    Command(TRANSCRIPT, "transcript.wrap-code", "w", "messages.wrap_code", "Wrap code", "Cut long lines of code at the edge, or let them go on in the next line", "/wrap", "/wrap-code"),
    Command(TRANSCRIPT, "transcript.code-right", "greater_than_sign,shift+right", "scroll_code(1)", "Code right", "Show more of code that is cut at the right"),
    Command(TRANSCRIPT, "transcript.code-left", "less_than_sign,shift+left", "scroll_code(-1)", "Code left", "Go back to the beginning of code that is cut"),
    Command(TRANSCRIPT, "transcript.find", "slash", "find", "Find", "Find words in this conversation", "/find", "/grep", in_footer=True, argument="WORDS"),
    Command(TRANSCRIPT, "transcript.find-next", "n", "find_next(1)", "Next match", "Go to the next match"),
    Command(TRANSCRIPT, "transcript.find-previous", "N", "find_next(-1)", "Previous match", "Go to the match before"),
    Command(TRANSCRIPT, "transcript.copy-message", "y", "copy_message", "Copy message", "Copy the marked message, as it was written", "/copy", "/copy message /copy last /yank", in_footer=True),
    Command(TRANSCRIPT, "transcript.copy-code", "c", "copy_code", "Copy code", "Copy the next code block", "/copy code", "/yank code", in_footer=True),
    Command(TRANSCRIPT, "transcript.copy-conversation", "Y", "copy_conversation", "Copy all", "Copy the whole conversation", "/copy all", "/yank all"),
    Command(TRANSCRIPT, "transcript.select", "v", "select('characters')", "Select", "Select text with keys, from the search's match or the marked message on; y copies it, as it was written", "/select", "/visual"),
    Command(TRANSCRIPT, "transcript.select-lines", "V", "select('lines')", "Select lines", "Select whole lines with keys", "/select lines", "/visual lines"),

    Command(VISUAL, "visual.copy", "y,enter", "copy_selection", "Copy", "Copy what is selected, as it was written, and leave", in_footer=True),
    Command(VISUAL, "visual.leave", "escape,q", "leave_selection", "Leave", "Select nothing any more", in_footer=True),
    Command(VISUAL, "visual.characters", "v", "select('characters')", "Characters, words", "Select by character; once more, whole words", in_footer=True),
    Command(VISUAL, "visual.lines", "V", "select('lines')", "Lines, messages", "Select whole lines as they were written; once more, whole messages", in_footer=True),
    Command(VISUAL, "visual.swap", "o", "visual('swap')", "Other end", "Move the other end of the selection from now on", in_footer=True),
    Command(VISUAL, "visual.restart", "space", "visual('restart')", "From here", "Select from the cursor on", in_footer=True),
    Command(VISUAL, "visual.find", "asterisk", "find_selected", "Find", "Find the selected words, or the word under the cursor, in this conversation", in_footer=True),
    Command(VISUAL, "visual.left", "h,left", "visual('by_character', -1)", "Left", "Go a character back"),
    Command(VISUAL, "visual.right", "l,right", "visual('by_character', 1)", "Right", "Go a character on"),
    Command(VISUAL, "visual.up", "k,up", "visual('by_line', -1)", "Up", "Go up a line"),
    Command(VISUAL, "visual.down", "j,down", "visual('by_line', 1)", "Down", "Go down a line"),
    Command(VISUAL, "visual.next-word", "w", "visual('to_next_word')", "Next word", "Go to the next word"),
    Command(VISUAL, "visual.word-start", "b", "visual('to_word_start')", "Word start", "Go to the start of the word, or of the one before"),
    Command(VISUAL, "visual.word-end", "e", "visual('to_word_end')", "Word end", "Go to the end of the word, or of the next one"),
    Command(VISUAL, "visual.line-start", "0,home", "visual('to_line_start')", "Line start", "Go to the start of the line"),
    Command(VISUAL, "visual.line-text", "circumflex_accent", "visual('to_line_text')", "Line text", "Go to the first character of the line that is not blank"),
    Command(VISUAL, "visual.line-end", "dollar_sign,end", "visual('to_line_end')", "Line end", "Go to the end of the line"),
    Command(VISUAL, "visual.message-up", "K,ctrl+up", "visual('by_message', -1)", "Message up", "Go to the start of the message, or of the one before"),
    Command(VISUAL, "visual.message-down", "J,ctrl+down", "visual('by_message', 1)", "Message down", "Go to the next message"),
    Command(VISUAL, "visual.page-up", "pageup", "visual('page', -1)", "Page up", "Go up a page"),
    Command(VISUAL, "visual.page-down", "pagedown", "visual('page', 1)", "Page down", "Go down a page"),
    Command(VISUAL, "visual.half-page-up", "ctrl+u", "visual('page', -0.5)", "Half up", "Go up half a page"),
    Command(VISUAL, "visual.half-page-down", "ctrl+d", "visual('page', 0.5)", "Half down", "Go down half a page"),
    Command(VISUAL, "visual.first", "g,ctrl+home", "visual('to_first')", "First", "Go to the start of the conversation"),
    Command(VISUAL, "visual.last", "G,ctrl+end", "visual('to_last')", "Last", "Go to the end of the conversation"),

    Command(LIST, "list.open", "enter", "open", "Open", "Open the conversation", in_footer=True),
    Command(LIST, "list.up", "up,k", "move(-1)", "Up", "Go up a line"),
    Command(LIST, "list.down", "down,j", "move(1)", "Down", "Go down a line"),
    Command(LIST, "list.page-up", "pageup", "page(-1)", "Page up", "Scroll up a page"),
    Command(LIST, "list.page-down", "pagedown", "page(1)", "Page down", "Scroll down a page"),
    Command(LIST, "list.filter", "slash", "conversations.filter", "Filter", "Find one by its title", in_footer=True),
    Command(LIST, "list.pick", "space", "pick", "Mark", "Mark it, to do something with all that are marked"),
    Command(LIST, "list.rename", "r,f2", "conversations.rename", "Rename", "Give the conversation another title", "/rename", "/title", in_footer=True, argument="TITLE"),
    Command(LIST, "list.pin", "p", "conversations.pin", "Pin", "Keep the conversation at the top, or no longer", "/pin", "/unpin", in_footer=True),
    Command(LIST, "list.archive", "a", "conversations.archive", "Archive", "Put the conversation away, or bring it back", "/archive", "/unarchive", in_footer=True),
    Command(LIST, "list.trash", "d", "conversations.trash", "Delete", "Put the conversation into the trash, for thirty days", "/delete", "/remove /rm", in_footer=True, is_destructive=True),
    Command(LIST, "list.undo", "u", "conversations.undo", "Undo", "Take the last change back", "/undo", "/restore", in_footer=True),
    Command(LIST, "list.show-trash", "T", "conversations.show_trash", "Trash", "Open the trash", "/trash", "/deleted /bin", in_footer=True, argument="[NUMBER]"),
    Command(LIST, "list.move", "m", "folders.move", "Move", "Put the conversation into a folder, or into none", "/move", "/mv", in_footer=True, argument="FOLDER"),
    Command(LIST, "list.tag", "t", "folders.tag", "Tag", "Give the conversation tags, or take some away", "/tag", "/tags /label", argument="TAGS"),
    Command(LIST, "list.folder", "f", "folders.show", "Folder", "Start a conversation in a folder, say what new ones in it get, rename or delete it", "/folder", "/folders /project", argument="[FOLDER]"),
    Command(LIST, "list.fold", "left,h", "fold", "Fold", "Fold the folder, or go to the one around it"),
    Command(LIST, "list.unfold", "right,l", "unfold", "Unfold", "Show what is in the folder"),
    Command(LIST, "list.wider", "greater_than_sign", "resize(4)", "Wider", "Make the list wider, and keep it so"),
    Command(LIST, "list.narrower", "less_than_sign", "resize(-4)", "Narrower", "Make the list narrower, and keep it so"),
    Command(LIST, "list.first", "g,home", "first", "First", "Go to the first conversation"),
    Command(LIST, "list.last", "G,end", "last", "Last", "Go to the last conversation"),

    Command(SIDE_BY_SIDE, "side.choose", "enter", "choose", "Choose", "Go on with this reply and who gave it; the others stay as variants", in_footer=True),
    Command(SIDE_BY_SIDE, "side.next", "tab", "show_variant(1)", "Next", "Go to the next reply; right does so, too", in_footer=True),
    Command(SIDE_BY_SIDE, "side.before", "shift+tab", "show_variant(-1)", "Before", "Go to the reply before; left does so, too"),
    Command(SIDE_BY_SIDE, "side.stop", "escape", "stop_or_close", "Stop", "Stop all of them and keep what arrived; once none is under way, close", in_footer=True),

    Command(SERVICES, "services.use", "enter", "use", "Use", "Let the model answer from now on, in new conversations, too; of a service, the one that it has first", in_footer=True),
    Command(SERVICES, "services.add", "f4", "services.add_service", "Add", "Add a service: its address, its model, its key", "/add-service", "/connect", in_footer=True, argument="NAME URL [MODEL-ID]"),
    Command(SERVICES, "services.edit", "f2", "services.edit_service", "Edit", "Change the service", "/edit-service", "/change-service", in_footer=True, argument="SERVICE [FIELD=VALUE]"),
    Command(SERVICES, "services.remove", "f9", "services.remove_service", "Remove", "Take the service out of the configuration, after a question", "/remove-service", "/delete-service", in_footer=True, is_destructive=True, argument="SERVICE"),
    Command(SERVICES, "services.test", "f5", "services.test_service", "Test", "Try the service out, and say what exactly does not work", "/test-service", "/check-service", in_footer=True, argument="[SERVICE]"),
    Command(SERVICES, "services.favourite", "f3", "services.toggle_favourite", "Star", "Show the model first from now on, or no longer", "/favourite", "/favorite /star", in_footer=True),
    Command(SERVICES, "services.use-here", "alt+enter,alt+h", "use_here", "Here", "Let the model answer in the open conversation alone; new ones use what they did", in_footer=True),
    Command(SERVICES, "services.ask-marked", "ctrl+s", "ask_marked", "Ask", "Ask all that are marked, where several are wanted", in_footer=True),
    Command(SERVICES, "services.sign-in", "f7", "sign_in", "Sign in", "Sign in to the service, and ask for its models"),
    Command(SERVICES, "services.ask-again", "ctrl+r", "ask_for_models", "Again", "Ask all services for their models again, and look for servers on this machine"),

    Command(SERVICE_FORM, "service.keep", "ctrl+s", "keep", "Save", "Write the service to config.toml, and use it from now on", in_footer=True),
    Command(SERVICE_FORM, "service.test", "f5", "test", "Test", "Try it out as it is filled in; nothing is kept", in_footer=True),
    Command(SERVICE_FORM, "service.pick-model", "f6", "pick_model", "Models", "Choose one of the models that the service offers", in_footer=True),
)
# fmt: on
