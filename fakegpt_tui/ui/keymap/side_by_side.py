"""What a person does with replies that stand side by side."""

from fakegpt_tui.ui.keymap.command import Command, KeyScope

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
