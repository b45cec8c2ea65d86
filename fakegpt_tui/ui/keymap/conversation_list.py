"""What a person does in the conversation list."""

from fakegpt_tui.ui.keymap.command import Command, Where
from fakegpt_tui.ui.keymap.moving import moving

LIST = (
    Command(
        Where.LIST, "list.open", "enter", "open", "Open", "Open the conversation", in_footer=True
    ),
    *moving(Where.LIST, "list"),
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
