"""What a person does in the prompt."""

from types import MappingProxyType

from fakegpt_tui.ui.keymap.command import Command, KeyScope

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
