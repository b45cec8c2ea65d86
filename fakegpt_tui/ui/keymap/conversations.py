"""What a person does with conversations, and with those who answer in them."""

from fakegpt_tui.ui.keymap.command import Command, Where

OPEN_NTH = "chat.open-"
"""What the ids of the commands begin with that open one of the first nine conversations."""

CHAT = (
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
        "chat.generation",
        "alt+g",
        "edit_generation",
        "Generation",
        "See and change temperature, top_p, max_tokens, seed and stop here; keep them as a preset",
        "/generation",
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

QUEUE = (
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

LOGIN = (
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
