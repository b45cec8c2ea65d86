"""Status labels: what turns do and cost, what helps where one failed, what leaving would lose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fakegpt_tui.chat.token_count import ContextTokenCounter, count_reply_tokens
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    MessageStatus,
    NotSignedIn,
    PromptTooLong,
    Role,
    StoreError,
)
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import first_key

if TYPE_CHECKING:
    from fakegpt_tui.chat.reply_text import TurnProgress
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain import Service
    from fakegpt_tui.ui.state import ChatState

_CHARACTERS_PER_TOKEN = 4
"""The usual estimate; the protocol sends no counts."""
_MAX_TITLE = 40
_FULL_PERCENT = 75
"""Of the window, a quarter of which may be kept for the reply: there a summary is offered."""
_ONE_TURN = 2
"""The messages of a conversation that is too short to be summed up."""
_BUSY = {MessageStatus.WAITING, MessageStatus.STREAMING}
_TOOLS: Final = {"web_search": "searching the web", "web_fetch": "reading on the web"}
"""What the tools of services do, by their names."""


def activity_label(status: MessageStatus, progress: TurnProgress, stop_key: str) -> str:
    """What a turn does now, and which key stops it; empty once it has ended."""
    if progress.queue_position:
        return f"waiting for a place ({progress.queue_position} in line)"
    if progress.retry is not None:
        retry = progress.retry
        seconds = max(1, round(progress.retry_in))
        count = f" ({retry.attempt}/{retry.of})" if retry.of else ""
        way_out = f", {stop_key} gives up" if stop_key else ""
        return f"retry in {seconds} s{count}{way_out}"
    if progress.tool:
        doing = _TOOLS.get(progress.tool) or f"using {safe_line(progress.tool, 30)}"
        return f"{doing} {progress.waited:.0f} s"
    if status is MessageStatus.STREAMING:
        rate = progress.length / _CHARACTERS_PER_TOKEN / max(progress.streamed, 0.5)
        return f"streaming ~{rate:.0f} tok/s"
    if progress.thought:
        return f"thinking {progress.thought:.0f} s"
    return f"waiting {progress.waited:.1f} s"


def background_label(
    turns: Iterable[Turn], conversations: Iterable[Conversation], open_id: str | None
) -> str:
    """How many turns go on elsewhere, and how many replies wait to be read."""
    elsewhere = [turn.reply.status for turn in turns if turn.conversation.id != open_id]
    running = sum(status in _BUSY for status in elsewhere)
    waiting = sum(status is MessageStatus.QUEUED for status in elsewhere)
    unread = sum(each.unread and not each.archived for each in conversations)
    counts = ((running, "running"), (waiting, "queued"), (unread, "unread"))
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def failure_hint(path: Sequence[ChatMessage], keys: Mapping[str, str]) -> str:
    """The keys and commands that help with a reply that ended early; empty for others.

    Args:
        path: The messages of a conversation, of which the last may be such a reply.
        keys: Those that are not as in the keymap, by the ids of their commands.
    """
    again = f"{_name_and_key('message.regenerate', keys)} asks again"
    go_on = f"{_name_and_key('message.continue', keys)} goes on"
    model, edit = first_key("chat.model", keys), first_key("services.edit", keys)
    message = path[-1]
    match message.status:
        case MessageStatus.STOPPED | MessageStatus.INTERRUPTED if message.text:
            return f"{go_on} · {again}"
        case MessageStatus.STOPPED:
            return again
        case MessageStatus.FAILED if PromptTooLong.advice in (message.error or ""):
            shorter = ("/compact sums up what came before",) if len(path) > _ONE_TURN else ()
            return " · ".join((*shorter, f"{model} another model", again))
        case MessageStatus.FAILED if NotSignedIn.advice in (message.error or ""):
            return f"{model} {edit} another key · {model} another model · {again}"
        case MessageStatus.FAILED | MessageStatus.INTERRUPTED:
            return f"{again} · {model} another model · {model} {edit} its address and key"
        case _:
            return ""


def _name_and_key(command_id: str, keys: Mapping[str, str]) -> str:
    """The name of a command, which can be typed at once, and its key in the transcript."""
    name = next(command.slash for command in COMMANDS if command.id == command_id)
    return " or ".join(dict.fromkeys((name, first_key(command_id, keys))))


def done_label(state: ChatState, conversation_ids: Sequence[str], done: str) -> str:
    """What was done, with the title or number of conversations if that is not the open one."""
    if tuple(conversation_ids) == (state.open.id,):
        return f"{done[0].upper()}{done[1:]}"
    if len(conversation_ids) > 1:
        return f"{len(conversation_ids)} conversations: {done}"
    title = safe_line(state.title(conversation_ids[0]), _MAX_TITLE)
    return f"{title or 'Untitled'}: {done}"


def loss_label(chat: ChatService, state: ChatState) -> str:
    """What leaving now would lose, and how to leave all the same; empty where that is nothing.

    Where the whole run is to leave nothing on disk, its end is not asked about.
    """
    again = f"{first_key('app.quit', state.keys)} again leaves"
    if chat.emergency_export.is_needed:
        return f"NOT SAVED: {again}, and writes files instead."
    index, lost = chat.conversations, 0
    if state.is_loaded and not index.is_all_temporary:
        with suppress(StoreError):
            lost = sum(index.is_temporary(each.id) for each in index.all())
    what = "the temporary conversation" if lost == 1 else f"{lost} temporary conversations"
    return f"{again}, and forgets {what}; /save keeps one as a file." if lost else ""


class CostLabels:
    """How many tokens messages and the open conversation take, and what they have cost."""

    def __init__(self, chat: ChatService, state: ChatState) -> None:
        self._chat = chat
        self._state = state
        self._context = ContextTokenCounter()
        self._priced: tuple[object, ...] = ("",)
        self._sum = ""

    def forget(self) -> None:
        """Look prices up again, as there may be others."""
        self._priced = ("",)

    def of_conversation(self, path: Sequence[ChatMessage]) -> str:
        """What is sent with the next prompt, and what came before has cost, as far as known."""
        conversation, service = self._state.open, self._state.service
        count = self._context.count(conversation, path, service.window if service else None)
        if not count.tokens:
            return ""
        share = self._share(count.tokens, service, conversation.model) if service else ""
        return " · ".join(filter(None, (f"{count.in_words}{share}", self._money(path))))

    def _share(self, tokens: int, service: Service, model: str) -> str:
        """How much of the window is used, and what helps where that is most of it."""
        window = self._chat.services.window(service.name, model)
        if not window:
            return ""
        percent = min(100, round(100 * tokens / window))
        is_full = percent >= _FULL_PERCENT and service.kind.is_api
        return f" · {percent} %{' (/compact)' if is_full else ''}"

    def _money(self, path: Sequence[ChatMessage]) -> str:
        """What all replies of the open conversation cost, variants included, as of the last."""
        if not any(message.usage for message in path):
            return ""
        conversation = self._state.open
        key = conversation.id, conversation.leaf_id, conversation.updated_at
        if self._state.turn is None and key != self._priced:
            cost = self._chat.spending.book.conversation(self._chat.messages.of(conversation.id))
            self._priced, self._sum = key, str(cost) if cost.least else ""
        return self._sum if key[0] == self._priced[0] else ""

    def of_message(self, message: ChatMessage) -> str:
        """About how many tokens a reply is that its service has not counted, and what it cost."""
        usage, shown = message.usage, []
        if not message.status.is_final:
            return ""
        is_counted = usage is not None and usage.output is not None
        if message.role is Role.ASSISTANT and message.text and not is_counted:
            shown.append(count_reply_tokens(message).in_words)
        if usage is not None:
            cost = self._chat.spending.book.reply(message)
            if cost.least or not cost.known:
                shown.append(str(cost))
        return " · ".join(filter(None, shown))
