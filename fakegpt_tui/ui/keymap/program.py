"""What a person does with the program itself."""

from fakegpt_tui.ui.keymap.command import Command, KeyScope

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
