"""What a person does in the conversation list."""

from fakegpt_tui.ui.keymap.command import Command, KeyScope
from fakegpt_tui.ui.keymap.moving import moving

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
