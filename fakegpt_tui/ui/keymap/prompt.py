"""What a person does in the prompt."""

from types import MappingProxyType

from fakegpt_tui.ui.keymap.command import Command, Where

_ENTER = "enter"
_OTHERS = "ctrl+j,shift+enter,alt+enter,ctrl+enter"

ENTER_BREAKS = MappingProxyType({"prompt.send": _OTHERS, "prompt.newline": _ENTER})
"""The keys of those who want Enter to break the line, and the others to send."""

PROMPT = (
    Command(Where.PROMPT, "prompt.send", _ENTER, "send", "Send", "Send the prompt", in_footer=True),
    Command(
        Where.PROMPT,
        "prompt.newline",
        _OTHERS,
        "newline",
        "New line",
        "Break the line; ctrl+j is told from Enter in every terminal",
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

EARLIER = (
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
