"""Every key, in one table: bindings, footer, help, palette and `config.toml` follow from it."""

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """The part of the screen that has the focus when a key works."""

    PROMPT = "in the prompt"
    ANY = "anywhere"
    TRANSCRIPT = "in the transcript"
    LIST = "in the conversation list"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person can do, and its doors: keys, a palette entry, a slash command.

    `label` is for the footer, where only commands with `in_footer` stand. A command with no
    `slash` is a matter of moving about, and is not in the palette.
    """

    where: Where
    id: str
    keys: str
    action: str
    label: str
    help: str
    slash: str = ""
    in_footer: bool = False
    priority: bool = False


OPEN_NTH = "chat.open-"
"""What the ids of the commands begin with that open one of the first nine conversations."""

_PROMPT = (
    Command(
        Where.PROMPT, "prompt.send", "enter", "send", "Send", "Send the prompt", in_footer=True
    ),
    Command(
        Where.PROMPT,
        "prompt.newline",
        "ctrl+j,shift+enter,alt+enter,ctrl+enter",
        "newline",
        "New line",
        "Break the line; ctrl+j does so in every terminal",
    ),
    Command(
        Where.PROMPT,
        "prompt.delete-or-quit",
        "ctrl+d",
        "delete_or_quit",
        "Delete",
        "Delete the character under the cursor; leave if the prompt is empty",
    ),
)

_PROMPT_HELP = (
    Command(
        Where.PROMPT,
        "prompt.earlier",
        "alt+p",
        "earlier",
        "Earlier",
        "Bring back an earlier prompt; up does so on the first line",
    ),
    Command(
        Where.PROMPT,
        "prompt.later",
        "alt+n",
        "later",
        "Later",
        "Go on to a later prompt; down does so on the last line",
    ),
    Command(
        Where.PROMPT,
        "prompt.history",
        "ctrl+r",
        "screen.search_prompts",
        "Earlier prompts",
        "Search the earlier prompts",
        "/history",
    ),
    Command(
        Where.PROMPT,
        "prompt.edit",
        "ctrl+g",
        "screen.edit_prompt",
        "Editor",
        "Write the prompt in $EDITOR; replies go on meanwhile",
        "/edit",
    ),
)

_QUEUE = (
    Command(
        Where.ANY,
        "queue.show",
        "alt+q",
        "show_queue",
        "Queue",
        "Take a queued prompt back, to change or drop it",
        "/queue",
    ),
    Command(
        Where.ANY,
        "queue.send",
        "",
        "send_queued",
        "Send queued",
        "Send a queued prompt that waits for you",
        "/send",
    ),
)

_CHAT = (
    Command(
        Where.ANY,
        "chat.new",
        "ctrl+n,f4",
        "new_conversation",
        "New",
        "Start a new conversation; replies under way go on",
        "/new",
        in_footer=True,
    ),
    Command(
        Where.ANY,
        "chat.stop",
        "escape",
        "stop",
        "Stop",
        "Stop the reply and keep what arrived",
        "/stop",
        in_footer=True,
    ),
    Command(
        Where.ANY, "chat.stop-all", "", "stop_all", "Stop all", "Stop all replies", "/stop all"
    ),
    Command(
        Where.ANY,
        "chat.search",
        "ctrl+o,f3",
        "search",
        "Search",
        "Search all conversations, and open what is found",
        "/open",
        in_footer=True,
    ),
    Command(
        Where.ANY,
        "chat.model",
        "f6",
        "choose_model",
        "Model",
        "Choose the service and model of this conversation",
        "/model",
        priority=True,
    ),
    Command(
        Where.ANY,
        "chat.temporary",
        "",
        "new_temporary",
        "Temporary",
        "Start a conversation that leaves nothing on disk",
        "/temporary",
    ),
    Command(
        Where.ANY,
        "chat.system-prompt",
        "",
        "edit_system_prompt",
        "System prompt",
        "Say how this conversation should be answered",
        "/system",
    ),
    Command(
        Where.ANY,
        "chat.preset",
        "",
        "choose_preset",
        "Preset",
        "Use a system prompt and settings of the configuration",
        "/preset",
    ),
    Command(
        Where.ANY,
        "chat.save",
        "ctrl+s,f5",
        "save",
        "Save",
        "Save this conversation as a Markdown file",
        "/save",
        in_footer=True,
    ),
    Command(
        Where.ANY, "chat.next", "alt+j", "step(1)", "Next", "Open the next conversation", "/next"
    ),
    Command(
        Where.ANY,
        "chat.previous",
        "alt+k",
        "step(-1)",
        "Previous",
        "Open the previous conversation",
        "/previous",
    ),
    Command(
        Where.ANY,
        "chat.unread",
        "alt+u",
        "open_unread",
        "Unread",
        "Open the next conversation with an unread reply",
        "/unread",
    ),
    *(
        Command(
            Where.ANY,
            f"{OPEN_NTH}{number}",
            f"alt+{number}",
            f"open_nth({number})",
            f"Open {number}",
            f"Open conversation {number} of the list",
        )
        for number in range(1, 10)
    ),
)

_LOGIN = (
    Command(
        Where.ANY,
        "login.sign-in",
        "f7",
        "sign_in",
        "Sign in",
        "Sign in to the service of this conversation, again if need be",
        "/login",
        priority=True,
    ),
    Command(
        Where.ANY,
        "login.sign-out",
        "",
        "sign_out",
        "Sign out",
        "Forget the session with the service of this conversation",
        "/logout",
    ),
)

_PROGRAM = (
    Command(
        Where.ANY,
        "app.palette",
        "ctrl+p,f8",
        "commands",
        "Commands",
        "Find any command or conversation; also / in an empty prompt",
        in_footer=True,
    ),
    Command(
        Where.ANY,
        "app.copy-or-stop",
        "ctrl+c",
        "copy_or_stop",
        "Copy",
        "Copy the selection, or else stop the reply, or else clear the prompt",
        priority=True,
    ),
    Command(Where.ANY, "app.prompt", "escape", "focus_prompt", "Prompt", "Go back to the prompt"),
    Command(
        Where.ANY,
        "app.next-pane",
        "tab,f2",
        "app.focus_next",
        "Next pane",
        "Go to the next part of the screen; shift+tab goes back",
    ),
    Command(
        Where.ANY,
        "app.list",
        "ctrl+t,f9",
        "toggle_list",
        "List",
        "Show or hide the conversation list",
        "/list",
    ),
    Command(Where.ANY, "app.theme", "", "theme", "Theme", "Change the colours", "/theme"),
    Command(
        Where.ANY, "app.redraw", "ctrl+l", "redraw", "Redraw", "Draw the screen again", "/redraw"
    ),
    Command(
        Where.ANY,
        "app.help",
        "f1,question_mark",
        "help",
        "Help",
        "Show all keys; ? does so outside the prompt",
        "/help",
        in_footer=True,
    ),
    Command(
        Where.ANY,
        "app.quit",
        "ctrl+q",
        "app.quit",
        "Quit",
        "Leave; replies under way are stopped and kept",
        "/quit",
        in_footer=True,
    ),
)


def _moving(where: Where, name: str) -> tuple[Command, ...]:
    """How to move in everything that has lines."""
    return (
        Command(where, f"{name}.up", "up,k", "move(-1)", "Up", "Go up a line"),
        Command(where, f"{name}.down", "down,j", "move(1)", "Down", "Go down a line"),
        Command(where, f"{name}.page-up", "pageup", "page(-1)", "Page up", "Go up a page"),
        Command(where, f"{name}.page-down", "pagedown", "page(1)", "Page down", "Go down a page"),
    )


_TRANSCRIPT = (
    *_moving(Where.TRANSCRIPT, "transcript"),
    Command(
        Where.TRANSCRIPT,
        "transcript.half-page-up",
        "ctrl+u",
        "page(-0.5)",
        "Half up",
        "Go up half a page",
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.half-page-down",
        "ctrl+d",
        "page(0.5)",
        "Half down",
        "Go down half a page",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.edit",
        "e",
        "screen.edit_message",
        "Edit",
        "Edit the prompt and send it again; the old one stays as a variant",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "message.regenerate",
        "r",
        "screen.regenerate",
        "Again",
        "Ask for another reply; the old one stays as a variant",
        "/retry",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "message.continue",
        "full_stop",
        "screen.continue_reply",
        "Continue",
        "Let the reply go on where it stopped",
        "/continue",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.variant-before",
        "left,h",
        "screen.show_variant(-1)",
        "Before",
        "Show the variant before",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.variant-after",
        "right,l",
        "screen.show_variant(1)",
        "After",
        "Show the variant after",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.compare",
        "D",
        "screen.compare_variants",
        "Compare",
        "Compare with the variant before, word by word",
        "/compare",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.tree",
        "t",
        "screen.show_tree",
        "Tree",
        "Show the tree of this conversation",
        "/tree",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.branch",
        "b",
        "screen.branch",
        "Branch",
        "Go on from here in a new conversation",
        "/branch",
    ),
    Command(
        Where.TRANSCRIPT,
        "message.trash",
        "d",
        "screen.trash_message",
        "Delete",
        "Put the message and all below it into the trash",
    ),
    Command(
        Where.TRANSCRIPT, "message.undo", "u", "screen.undo", "Undo", "Take the last change back"
    ),
    Command(Where.TRANSCRIPT, "transcript.first", "g,home", "first", "First", "Go to the start"),
    Command(
        Where.TRANSCRIPT,
        "transcript.last",
        "G,end",
        "last",
        "Last",
        "Go to the end, and follow what arrives",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.mark-previous",
        "K,ctrl+up",
        "mark(-1)",
        "Message up",
        "Mark the message before; keys are about the marked one",
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.mark-next",
        "J,ctrl+down",
        "mark(1)",
        "Message down",
        "Mark the next message",
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.fold",
        "space",
        "fold",
        "Fold",
        "Show the reasoning of the marked message, hide all of it, show it again",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.find",
        "slash",
        "find",
        "Find",
        "Find words in this conversation",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.find-next",
        "n",
        "find_next(1)",
        "Next match",
        "Go to the next match",
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.find-previous",
        "N",
        "find_next(-1)",
        "Previous match",
        "Go to the match before",
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.copy-message",
        "y",
        "copy_message",
        "Copy message",
        "Copy the marked message, as it was written",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.copy-code",
        "c",
        "copy_code",
        "Copy code",
        "Copy the next code block",
        in_footer=True,
    ),
    Command(
        Where.TRANSCRIPT,
        "transcript.copy-conversation",
        "Y",
        "copy_conversation",
        "Copy all",
        "Copy the whole conversation",
    ),
)

_LIST = (
    Command(
        Where.LIST, "list.open", "enter", "open", "Open", "Open the conversation", in_footer=True
    ),
    *_moving(Where.LIST, "list"),
    Command(
        Where.LIST, "list.filter", "slash", "screen.filter_list", "Filter", "Find one by its title"
    ),
    Command(
        Where.LIST,
        "list.pick",
        "space",
        "pick",
        "Mark",
        "Mark it, to do something with all that are marked",
    ),
    Command(
        Where.LIST,
        "list.rename",
        "r,f2",
        "screen.rename",
        "Rename",
        "Give it another title",
        "/rename",
        in_footer=True,
    ),
    Command(
        Where.LIST, "list.pin", "p", "screen.pin", "Pin", "Keep it at the top, or no longer", "/pin"
    ),
    Command(
        Where.LIST,
        "list.archive",
        "a",
        "screen.archive",
        "Archive",
        "Put it away, or bring it back",
        "/archive",
    ),
    Command(
        Where.LIST,
        "list.trash",
        "d",
        "screen.trash",
        "Delete",
        "Put it into the trash, for thirty days",
        "/delete",
        in_footer=True,
    ),
    Command(
        Where.LIST,
        "list.undo",
        "u",
        "screen.undo",
        "Undo",
        "Take the last change back",
        "/undo",
        in_footer=True,
    ),
    Command(
        Where.LIST, "list.show-trash", "T", "screen.show_trash", "Trash", "Open the trash", "/trash"
    ),
    Command(Where.LIST, "list.first", "g,home", "first", "First", "Go to the first conversation"),
    Command(Where.LIST, "list.last", "G,end", "last", "Last", "Go to the last conversation"),
)

COMMANDS: tuple[Command, ...] = (
    *_PROMPT,
    *_CHAT,
    *_QUEUE,
    *_PROMPT_HELP,
    *_LOGIN,
    *_PROGRAM,
    *_TRANSCRIPT,
    *_LIST,
)
