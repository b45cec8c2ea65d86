"""What a person does in the prompt."""

from fakegpt_tui.ui.keymap.command import Command, Where

PROMPT = (
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
