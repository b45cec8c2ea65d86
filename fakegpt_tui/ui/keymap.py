"""Keymap: every key, slash command and palette entry in one table."""

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class KeyScope(StrEnum):
    """The part of the screen that has the focus when a key works."""

    PROMPT = "in the prompt"
    ANY = "anywhere"
    TRANSCRIPT = "in the transcript"
    LIST = "in the conversation list"
    SIDE_BY_SIDE = "in replies side by side"
    SERVICES = "in services and models"
    SERVICE_FORM = "while a service is added or changed"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person can do, and its doors: keys, a palette entry, a slash command.

    `label` is for the footer, where only commands with `in_footer` stand. A command with no
    `slash` is a matter of moving about, and is not in the palette.
    """

    scope: KeyScope
    id: str
    keys: str
    action: str
    label: str
    help: str
    slash: str = ""
    in_footer: bool = False
    priority: bool = False


def moving(where: KeyScope, name: str) -> tuple[Command, ...]:
    """How to move in everything that has lines."""
    return (
        Command(where, f"{name}.up", "up,k", "move(-1)", "Up", "Go up a line"),
        Command(where, f"{name}.down", "down,j", "move(1)", "Down", "Go down a line"),
        Command(where, f"{name}.page-up", "pageup", "page(-1)", "Page up", "Go up a page"),
        Command(where, f"{name}.page-down", "pagedown", "page(1)", "Page down", "Go down a page"),
    )


LIST = (
    Command(
        KeyScope.LIST, "list.open", "enter", "open", "Open", "Open the conversation", in_footer=True
    ),
    *moving(KeyScope.LIST, "list"),
    Command(
        KeyScope.LIST,
        "list.filter",
        "slash",
        "screen.filter_list",
        "Filter",
        "Find one by its title",
    ),
    Command(
        KeyScope.LIST,
        "list.pick",
        "space",
        "pick",
        "Mark",
        "Mark it, to do something with all that are marked",
    ),
    Command(
        KeyScope.LIST,
        "list.rename",
        "r,f2",
        "screen.rename",
        "Rename",
        "Give it another title",
        "/rename",
        in_footer=True,
    ),
    Command(
        KeyScope.LIST,
        "list.pin",
        "p",
        "screen.pin",
        "Pin",
        "Keep it at the top, or no longer",
        "/pin",
    ),
    Command(
        KeyScope.LIST,
        "list.archive",
        "a",
        "screen.archive",
        "Archive",
        "Put it away, or bring it back",
        "/archive",
    ),
    Command(
        KeyScope.LIST,
        "list.trash",
        "d",
        "screen.trash",
        "Delete",
        "Put it into the trash, for thirty days",
        "/delete",
        in_footer=True,
    ),
    Command(
        KeyScope.LIST,
        "list.undo",
        "u",
        "screen.undo",
        "Undo",
        "Take the last change back",
        "/undo",
        in_footer=True,
    ),
    Command(
        KeyScope.LIST,
        "list.show-trash",
        "T",
        "screen.show_trash",
        "Trash",
        "Open the trash",
        "/trash",
    ),
    Command(
        KeyScope.LIST, "list.first", "g,home", "first", "First", "Go to the first conversation"
    ),
    Command(KeyScope.LIST, "list.last", "G,end", "last", "Last", "Go to the last conversation"),
)


OPEN_NTH_PREFIX = "chat.open-"
"""What the ids of the commands begin with that open one of the first nine conversations."""

CHAT = (
    Command(
        KeyScope.ANY,
        "chat.new",
        "ctrl+n,f4",
        "new_conversation",
        "New",
        "Start a new conversation; replies under way go on",
        "/new",
        in_footer=True,
    ),
    Command(
        KeyScope.ANY,
        "chat.stop",
        "escape",
        "stop",
        "Stop",
        "Stop the reply and keep what arrived",
        "/stop",
        in_footer=True,
    ),
    Command(
        KeyScope.ANY, "chat.stop-all", "", "stop_all", "Stop all", "Stop all replies", "/stop all"
    ),
    Command(
        KeyScope.ANY,
        "chat.search",
        "ctrl+o,f3",
        "search",
        "Search",
        "Search all conversations, and open what is found",
        "/open",
        in_footer=True,
    ),
    Command(
        KeyScope.ANY,
        "chat.model",
        "f6",
        "choose_model",
        "Model",
        "Choose the service and model of this conversation",
        "/model",
        priority=True,
    ),
    Command(
        KeyScope.ANY,
        "chat.side-by-side",
        "alt+s",
        "ask_side_by_side",
        "Side by side",
        "Ask several services or models at once, and go on with the best reply",
        "/side-by-side",
    ),
    Command(
        KeyScope.ANY,
        "chat.temporary",
        "",
        "new_temporary",
        "Temporary",
        "Start a conversation that leaves nothing on disk",
        "/temporary",
    ),
    Command(
        KeyScope.ANY,
        "chat.system-prompt",
        "",
        "edit_system_prompt",
        "System prompt",
        "Say how this conversation should be answered",
        "/system",
    ),
    Command(
        KeyScope.ANY,
        "chat.generation",
        "alt+g",
        "edit_generation",
        "Generation",
        "See and change temperature, top_p, max_tokens, seed and stop here; keep them as a preset",
        "/generation",
    ),
    Command(
        KeyScope.ANY,
        "chat.preset",
        "",
        "choose_preset",
        "Preset",
        "Use a system prompt and settings of the configuration",
        "/preset",
    ),
    Command(
        KeyScope.ANY,
        "chat.save",
        "ctrl+s,f5",
        "save",
        "Save",
        "Save this conversation as a Markdown file",
        "/save",
        in_footer=True,
    ),
    Command(
        KeyScope.ANY,
        "chat.save-as",
        "alt+e",
        "save_as",
        "Save as",
        "Save this conversation, some messages of it, or every conversation, in any format",
        "/save as",
    ),
    Command(
        KeyScope.ANY,
        "chat.save-html",
        "",
        "save('html')",
        "Save as HTML",
        "Save this conversation as an HTML page",
        "/save html",
    ),
    Command(
        KeyScope.ANY,
        "chat.save-jsonl",
        "",
        "save('jsonl')",
        "Save as JSON lines",
        "Save this conversation as JSON lines",
        "/save jsonl",
    ),
    Command(
        KeyScope.ANY,
        "chat.save-all",
        "",
        "save_all",
        "Save all",
        "Save every conversation",
        "/save all",
    ),
    Command(
        KeyScope.ANY,
        "chat.import",
        "alt+i",
        "import",
        "Import",
        "Import saved conversations, or an export of ChatGPT",
        "/import",
    ),
    Command(
        KeyScope.ANY,
        "chat.progress",
        "",
        "show_errand",
        "Progress",
        "Show how far an import has come, or stop it",
        "/progress",
    ),
    Command(
        KeyScope.ANY, "chat.next", "alt+j", "step(1)", "Next", "Open the next conversation", "/next"
    ),
    Command(
        KeyScope.ANY,
        "chat.previous",
        "alt+k",
        "step(-1)",
        "Previous",
        "Open the previous conversation",
        "/previous",
    ),
    Command(
        KeyScope.ANY,
        "chat.unread",
        "alt+u",
        "open_unread",
        "Unread",
        "Open the next conversation with an unread reply",
        "/unread",
    ),
    *(
        Command(
            KeyScope.ANY,
            f"{OPEN_NTH_PREFIX}{number}",
            f"alt+{number}",
            f"open_nth({number})",
            f"Open {number}",
            f"Open conversation {number} of the list",
        )
        for number in range(1, 10)
    ),
)

QUEUE = (
    Command(
        KeyScope.ANY,
        "queue.show",
        "alt+q",
        "show_queue",
        "Queue",
        "Take a queued prompt back, to change or drop it",
        "/queue",
    ),
    Command(
        KeyScope.ANY,
        "queue.send",
        "",
        "send_queued",
        "Send queued",
        "Send a queued prompt that waits for you",
        "/send",
    ),
)

LOGIN = (
    Command(
        KeyScope.ANY,
        "login.account",
        "f7",
        "account",
        "Account",
        "See who is signed in to the service of this conversation, sign in again, or sign out",
        "/status",
        priority=True,
    ),
    Command(
        KeyScope.ANY,
        "login.sign-in",
        "",
        "sign_in",
        "Sign in",
        "Sign in to the service of this conversation, again if that is so already",
        "/login",
    ),
    Command(
        KeyScope.ANY,
        "login.another",
        "",
        "change_account",
        "Another account",
        "Sign in to the service of this conversation with another of its accounts",
        "/account",
    ),
    Command(
        KeyScope.ANY,
        "login.sign-out",
        "",
        "sign_out",
        "Sign out",
        "Forget the session with the service of this conversation",
        "/logout",
    ),
)


PROGRAM = (
    Command(
        KeyScope.ANY,
        "app.palette",
        "ctrl+p,f8",
        "commands",
        "Commands",
        "Find any command or conversation; also / in an empty prompt",
        in_footer=True,
    ),
    Command(
        KeyScope.ANY,
        "app.copy-or-stop",
        "ctrl+c",
        "copy_or_stop",
        "Copy",
        "Copy the selection, or else stop the reply, or else clear the prompt",
        priority=True,
    ),
    Command(
        KeyScope.ANY, "app.prompt", "escape", "focus_prompt", "Prompt", "Go back to the prompt"
    ),
    Command(
        KeyScope.ANY,
        "app.next-pane",
        "tab,f2",
        "app.focus_next",
        "Next pane",
        "Go to the next part of the screen; shift+tab goes back",
    ),
    Command(
        KeyScope.ANY,
        "app.list",
        "ctrl+t,f9",
        "toggle_list",
        "List",
        "Show or hide the conversation list",
        "/list",
    ),
    Command(
        KeyScope.ANY,
        "app.settings",
        "f10",
        "settings",
        "Settings",
        "Change how the program looks and works",
        "/settings",
    ),
    Command(KeyScope.ANY, "app.theme", "", "theme", "Theme", "Change the colours", "/theme"),
    Command(
        KeyScope.ANY, "app.redraw", "ctrl+l", "redraw", "Redraw", "Draw the screen again", "/redraw"
    ),
    Command(
        KeyScope.ANY,
        "app.help",
        "f1,question_mark",
        "help",
        "Help",
        "Show all keys; ? does so outside the prompt",
        "/help",
        in_footer=True,
    ),
    Command(
        KeyScope.ANY,
        "app.quit",
        "ctrl+q",
        "app.quit",
        "Quit",
        "Leave; replies under way are stopped and kept",
        "/quit",
        in_footer=True,
    ),
)


_ENTER = "enter"
_ENTER_VARIANTS = "ctrl+j,shift+enter,alt+enter,ctrl+enter"

ENTER_INSERTS_NEWLINE = MappingProxyType({"prompt.send": _ENTER_VARIANTS, "prompt.newline": _ENTER})
"""The keys of those who want Enter to break the line, and the others to send."""

PROMPT = (
    Command(
        KeyScope.PROMPT, "prompt.send", _ENTER, "send", "Send", "Send the prompt", in_footer=True
    ),
    Command(
        KeyScope.PROMPT,
        "prompt.newline",
        _ENTER_VARIANTS,
        "newline",
        "New line",
        "Break the line; ctrl+j is told from Enter in every terminal",
    ),
    Command(
        KeyScope.PROMPT,
        "prompt.delete-or-quit",
        "ctrl+d",
        "delete_or_quit",
        "Delete",
        "Delete the character under the cursor; leave if the prompt is empty",
    ),
)

EARLIER = (
    Command(
        KeyScope.PROMPT,
        "prompt.earlier",
        "alt+p",
        "earlier",
        "Earlier",
        "Bring back an earlier prompt; up does so on the first line",
    ),
    Command(
        KeyScope.PROMPT,
        "prompt.later",
        "alt+n",
        "later",
        "Later",
        "Go on to a later prompt; down does so on the last line",
    ),
    Command(
        KeyScope.PROMPT,
        "prompt.history",
        "ctrl+r",
        "screen.search_prompts",
        "Earlier prompts",
        "Search the earlier prompts",
        "/history",
    ),
    Command(
        KeyScope.PROMPT,
        "prompt.edit",
        "ctrl+g",
        "screen.edit_prompt",
        "Editor",
        "Write the prompt in $EDITOR; replies go on meanwhile",
        "/edit",
    ),
)


SERVICES = (
    Command(
        KeyScope.SERVICES,
        "services.use",
        "enter",
        "use",
        "Use",
        "Let the model answer from now on; of a service, the one that it has first",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.ask-marked",
        "ctrl+s",
        "ask_marked",
        "Ask",
        "Ask all that are marked, where several are wanted",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.favourite",
        "f3",
        "favour",
        "Favourite",
        "Show the model first from now on, or no longer",
        "/favourite",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.add",
        "f4",
        "add_service",
        "Add",
        "Add a service: its address, its model, its key",
        "/add-service",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.edit",
        "f2",
        "edit_service",
        "Edit",
        "Change the service",
        "/edit-service",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.test",
        "f5",
        "test_service",
        "Test",
        "Try the service out, and say what exactly does not work",
        "/test-service",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.remove",
        "f9",
        "remove_service",
        "Remove",
        "Take the service out of the configuration, after a question",
        "/remove-service",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICES,
        "services.sign-in",
        "f7",
        "sign_in_there",
        "Sign in",
        "Sign in to the service, and ask for its models",
    ),
    Command(
        KeyScope.SERVICES,
        "services.ask-again",
        "ctrl+r",
        "ask_for_models",
        "Again",
        "Ask all services for their models again, and look for servers on this machine",
    ),
)

SERVICE_FORM = (
    Command(
        KeyScope.SERVICE_FORM,
        "service.keep",
        "ctrl+s",
        "keep",
        "Save",
        "Write the service to config.toml, and use it from now on",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICE_FORM,
        "service.test",
        "f5",
        "test",
        "Test",
        "Try it out as it is filled in; nothing is kept",
        in_footer=True,
    ),
    Command(
        KeyScope.SERVICE_FORM,
        "service.pick-model",
        "f6",
        "pick_model",
        "Models",
        "Choose one of the models that the service offers",
        in_footer=True,
    ),
)


SIDE_BY_SIDE = (
    Command(
        KeyScope.SIDE_BY_SIDE,
        "side.choose",
        "enter",
        "choose",
        "Choose",
        "Go on with this reply and who gave it; the others stay as variants",
        in_footer=True,
    ),
    Command(
        KeyScope.SIDE_BY_SIDE,
        "side.next",
        "tab",
        "show_variant(1)",
        "Next",
        "Go to the next reply; right does so, too",
        in_footer=True,
    ),
    Command(
        KeyScope.SIDE_BY_SIDE,
        "side.before",
        "shift+tab",
        "show_variant(-1)",
        "Before",
        "Go to the reply before; left does so, too",
    ),
    Command(
        KeyScope.SIDE_BY_SIDE,
        "side.stop",
        "escape",
        "stop_or_close",
        "Stop",
        "Stop all of them and keep what arrived; once none is under way, close",
        in_footer=True,
    ),
)


TRANSCRIPT = (
    *moving(KeyScope.TRANSCRIPT, "transcript"),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.half-page-up",
        "ctrl+u",
        "page(-0.5)",
        "Half up",
        "Go up half a page",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.half-page-down",
        "ctrl+d",
        "page(0.5)",
        "Half down",
        "Go down half a page",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.edit",
        "e",
        "screen.edit_message",
        "Edit",
        "Edit the prompt and send it again; the old one stays as a variant",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.regenerate",
        "r",
        "screen.regenerate",
        "Again",
        "Ask for another reply; the old one stays as a variant",
        "/retry",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.continue",
        "full_stop",
        "screen.continue_reply",
        "Continue",
        "Let the reply go on where it stopped",
        "/continue",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.variant-before",
        "left,h",
        "screen.show_variant(-1)",
        "Before",
        "Show the variant before",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.variant-after",
        "right,l",
        "screen.show_variant(1)",
        "After",
        "Show the variant after",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.compare",
        "D",
        "screen.compare_variants",
        "Compare",
        "Compare with the variant before, word by word",
        "/compare",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.tree",
        "t",
        "screen.show_tree",
        "Tree",
        "Show the tree of this conversation",
        "/tree",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.branch",
        "b",
        "screen.branch",
        "Branch",
        "Go on from here in a new conversation",
        "/branch",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.trash",
        "d",
        "screen.trash_message",
        "Delete",
        "Put the message and all below it into the trash",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.pick",
        "m",
        "screen.pick_message",
        "Pick",
        "Pick the message, to save all that are picked",
        "/pick",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "message.save-picked",
        "s",
        "screen.save_picked",
        "Save",
        "Save the picked messages, or those of the selection, as a Markdown file",
        "/save selection",
    ),
    Command(
        KeyScope.TRANSCRIPT, "message.undo", "u", "screen.undo", "Undo", "Take the last change back"
    ),
    Command(KeyScope.TRANSCRIPT, "transcript.first", "g,home", "first", "First", "Go to the start"),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.last",
        "G,end",
        "last",
        "Last",
        "Go to the end, and follow what arrives",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.mark-previous",
        "K,ctrl+up",
        "mark(-1)",
        "Message up",
        "Mark the message before; keys are about the marked one",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.mark-next",
        "J,ctrl+down",
        "mark(1)",
        "Message down",
        "Mark the next message",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.fold",
        "space",
        "fold",
        "Fold",
        "Show the reasoning of the marked message, hide all of it, show it again",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.wrap-code",
        "w",
        "screen.wrap_code",
        "Wrap code",
        "Cut long lines of code at the edge, or let them go on in the next line",
        "/wrap",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.code-right",
        "greater_than_sign,shift+right",
        "scroll_code(1)",
        "Code right",
        "Show more of code that is cut at the right",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.code-left",
        "less_than_sign,shift+left",
        "scroll_code(-1)",
        "Code left",
        "Go back to the beginning of code that is cut",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.find",
        "slash",
        "find",
        "Find",
        "Find words in this conversation",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.find-next",
        "n",
        "find_next(1)",
        "Next match",
        "Go to the next match",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.find-previous",
        "N",
        "find_next(-1)",
        "Previous match",
        "Go to the match before",
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.copy-message",
        "y",
        "copy_message",
        "Copy message",
        "Copy the marked message, as it was written",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.copy-code",
        "c",
        "copy_code",
        "Copy code",
        "Copy the next code block",
        in_footer=True,
    ),
    Command(
        KeyScope.TRANSCRIPT,
        "transcript.copy-conversation",
        "Y",
        "copy_conversation",
        "Copy all",
        "Copy the whole conversation",
    ),
)


__all__ = ["COMMANDS", "ENTER_INSERTS_NEWLINE", "OPEN_NTH_PREFIX", "Command", "KeyScope"]

COMMANDS: tuple[Command, ...] = (
    *PROMPT,
    *CHAT,
    *QUEUE,
    *EARLIER,
    *LOGIN,
    *PROGRAM,
    *TRANSCRIPT,
    *LIST,
    *SIDE_BY_SIDE,
    *SERVICES,
    *SERVICE_FORM,
)


_FUNCTION_KEY = re.compile(r"f\d+")
_NAMES = {
    "escape": "esc",
    "question_mark": "?",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def key_labels(keys: str) -> str:
    """The keys of a command."""
    return ", ".join(key_label(key) for key in keys.split(","))


def key_label(key: str) -> str:
    return _NAMES.get(key, key.upper() if _FUNCTION_KEY.fullmatch(key) else key)
