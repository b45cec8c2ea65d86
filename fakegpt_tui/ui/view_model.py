"""View model: all that the main screen shows, derived from the chat state in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    GenerationSettings,
    LoginState,
    NoLogin,
    NotFound,
    QueuedPrompt,
    Role,
    Service,
    ServiceKind,
    SignedOut,
    StoreError,
)
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.ui.bindings import key_label
from fakegpt_tui.ui.widgets import RUNNING, ListRow
from fakegpt_tui.ui.widgets.drawing import format_time
from fakegpt_tui.ui.widgets.first_page import FirstStep
from fakegpt_tui.ui.widgets.status_bar import without_told

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.domain.message_tree import Variants
    from fakegpt_tui.domain.parts import Attachment
    from fakegpt_tui.ui.conversation_rows import ListRows
    from fakegpt_tui.ui.state import ChatState
    from fakegpt_tui.ui.status_labels import CostLabels
    from fakegpt_tui.ui.widgets.transcript.appearance import MessageLabel
    from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_GUIDE_QUESTION = "What can this program do?"
_NO_SETTINGS = GenerationSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatView:
    """All that the main screen shows, as of one moment."""

    conversation: Conversation
    path: tuple[ChatMessage, ...] = ()
    labels: Mapping[str, MessageLabel]
    variant: str | None
    """The message that a user has just switched to, where the path changed by that."""
    position: ReadingPosition | None
    at_end: bool
    """Is the end to be shown, wherever the conversation was read?"""
    service: Service | None
    login: LoginState
    tokens: str
    """How many tokens go along with the next prompt, and which share of the window that is."""
    activity: str
    background: str
    rows: tuple[ListRow, ...]
    queued: tuple[str, ...]
    queue_held: bool
    chips: Mapping[str, str]
    """What is attached to the prompt: a line for each, by its mark."""
    edited: str
    """What is edited, in words; empty where a new prompt is typed."""
    temporary: bool
    """Does the conversation leave nothing on disk?"""
    variant_place: str
    """Which variant of the last message that has several is shown."""
    preset: str
    """The name of the preset that the conversation follows, if it does."""
    first_steps: tuple[FirstStep, ...]
    """What can be done first in a conversation that is empty."""
    minute: datetime
    """The time by which ages are shown."""
    keys: Mapping[str, str]

    @property
    def is_running(self) -> bool:
        """Is a reply under way, here or in a conversation of the list?"""
        return bool(self.activity) or any(row.status in RUNNING for row in self.rows)


class ViewModel:
    """Derives the view from the chat state and what the chat service knows."""

    def __init__(self, chat: ChatService, state: ChatState, clock: Callable[[], datetime]) -> None:
        self._chat = chat
        self._state = state
        self._clock = clock
        self._known_labels: dict[str, tuple[ChatMessage, MessageLabel]] = {}
        self._variant_place = ""
        self._labelled_by: object = None

    def build(self) -> ChatView:
        """All that is to be shown now."""
        state = self._state
        tail = state.tail
        path = tail or state.path
        rows = self._rows.build(self._clock()) if state.is_loaded else ()
        state.rows = self._rows.conversations if state.is_loaded else ()
        service, queued = state.service, state.queued
        login = NoLogin() if self._is_api and isinstance(state.login, SignedOut) else state.login
        self._variant_place = ""
        variant, at_end = state.variant, state.at_end
        state.variant, state.at_end = None, False
        return ChatView(
            conversation=state.open,
            path=path,
            labels={} if tail else self._labels(path),
            variant=variant,
            position=state.saved_position,
            at_end=at_end,
            service=service,
            login=without_told(login, (message.error or "" for message in path)),
            tokens=self.tokens,
            activity=self.activity,
            background=self.background if state.is_loaded else "",
            rows=rows,
            queued=tuple(queued_text(prompt) for prompt in queued),
            chips=self._chips(state.attached),
            queue_held=bool(queued) and self._chat.queue.is_held(queued[0].id),
            edited=_edited(state.edited_prompt),
            temporary=self._chat.conversations.is_temporary(state.open.id),
            variant_place=self._variant_place,
            preset=self._preset(state.open),
            minute=self._clock().replace(second=0, microsecond=0),
            first_steps=() if path else tuple(self._first_steps()),
            keys=state.keys,
        )

    def _first_steps(self) -> Iterator[FirstStep]:
        state = self._state
        for name in filter(lambda each: self._chat.services.find(each) is None, state.found):
            yield FirstStep(f"Use {name}, found on this machine", "services", "use_found", (name,))
        # The first row may be a pinned one.
        others = [row for row in state.rows if row.id != state.open.id]
        last = max(others, key=lambda row: row.used_at or _LONG_AGO, default=None)
        if last is not None:
            label = f"Open the last conversation: {last.title or 'Untitled'}"
            yield FirstStep(label, "conversations", "open_row", (last.id,))
        # Where there is nothing to choose from, the form for one is wanted.
        offered = self._chat.services.offered()
        has_choice = state.found or any(each.kind is not ServiceKind.EMBEDDED for each in offered)
        method = "choose_model" if has_choice else "add_service"
        yield FirstStep("Connect a service", "services", method, command="chat.model")
        yield FirstStep("Import saved conversations", "files", "import_file", (), "chat.import")
        if state.service is not None and state.service.kind is ServiceKind.EMBEDDED:
            yield FirstStep("Try the guide", "prompt", "send", (_GUIDE_QUESTION,))

    def _preset(self, conversation: Conversation) -> str:
        """The name of the preset with just the prompt and settings of a conversation."""
        own = conversation.system_prompt, conversation.generation
        if not conversation.system_prompt and conversation.generation == _NO_SETTINGS:
            return ""
        presets = self._chat.presets.values()
        same = (each.name for each in presets if (each.system_prompt, each.generation) == own)
        return next(same, "")

    def _chips(self, attached: Sequence[Attachment]) -> Mapping[str, str]:
        """A line for each attachment of the prompt, by its mark."""
        if not attached:
            return {}
        from fakegpt_tui.attachments.marks import labels, mark_of  # noqa: PLC0415 - where there are some

        tokens = {each.id: self._chat.attachments.cost(each) for each in attached}
        return dict(zip(map(mark_of, attached), labels(attached, tokens), strict=True))

    @property
    def tokens(self) -> str:
        """How many tokens are sent with the next prompt; empty where none are, or not yet known."""
        state = self._state
        if state.tail or not (state.path or state.open.system_prompt):
            return ""
        return self._costs.of_conversation(state.path)

    @property
    def _is_api(self) -> bool:
        service = self._state.service
        return service is not None and service.kind.is_api

    def _labels(self, path: Sequence[ChatMessage]) -> Mapping[str, MessageLabel]:
        """What the headers of messages say: picked, which variant, when, and an estimated cost.

        The number of tokens that a service has counted is on the reply itself.
        """
        if not path:
            return {}
        from fakegpt_tui.ui.header_labels import HeaderLabels  # noqa: PLC0415 - with messages
        from fakegpt_tui.ui.status_labels import failure_hint  # noqa: PLC0415 - as above
        from fakegpt_tui.ui.widgets.transcript.appearance import MessageLabel  # noqa: PLC0415 - as above

        forks: Mapping[str, Variants] = {}
        with suppress(NotFound, StoreError):
            forks = self._chat.messages.forks(self._state.open.id, path)
        now = self._clock()
        # A list of models that was fetched meanwhile has prices.
        models = {
            each: self._chat.services.known_models(each) for each in {m.service for m in path}
        }
        if (now.date(), models) != self._labelled_by:
            self._labelled_by = now.date(), models
            self._known_labels = {}
            self._costs.forget()
        messages, picked = {message.id: message for message in path}, self._state.picked
        notes = {
            each: self._note(messages[each], forks.get(each))
            for each in messages.keys() & (forks.keys() | picked)
        }
        if forks:
            variants = next(forks[each.id] for each in reversed(path) if each.id in forks)
            self._variant_place = f"‹ {variants.position}/{variants.count} ›"
        hint = failure_hint(path, self._state.keys)
        hints = {path[-1].id: hint} if hint else {}

        def make(message: ChatMessage) -> MessageLabel:
            time, cost = format_time(message.created_at, now), self._costs.of_message(message)
            return MessageLabel(time=time, cost=cost)

        return HeaderLabels(
            messages,
            make,
            self._known_labels,
            made_by=self._labelled_by,
            notes=notes,
            hints=hints,
        )

    def _note(self, message: ChatMessage, variants: Variants | None) -> str:
        picked = "✓" if message.id in self._state.picked else ""
        place = "" if variants is None else f"‹ {variants.position}/{variants.count} ›"
        return " ".join(filter(None, (picked, place)))

    @property
    def activity(self) -> str:
        """What the turn of the open conversation does."""
        turn = self._state.turn
        if turn is None:
            return ""
        from fakegpt_tui.ui.status_labels import activity_label  # noqa: PLC0415 - with a turn

        stop_key = key_label(self._state.keys.get("chat.stop", "escape").split(",")[0])
        return activity_label(turn.reply.status, turn.progress, stop_key)

    @property
    def background(self) -> str:
        """What goes on in other conversations, and what could not be saved."""
        from fakegpt_tui.ui.status_labels import background_label  # noqa: PLC0415 - not before the first frame

        label = background_label(
            self._chat.active_turns.all(), self._chat.conversations.all(), self._state.open.id
        )
        error = self._chat.writes.error
        return label if error is None else f"NOT SAVED: {error}  ·  {label}".rstrip(" ·")

    @cached_property
    def _costs(self) -> CostLabels:
        from fakegpt_tui.ui.status_labels import CostLabels  # noqa: PLC0415 - not before the first frame

        return CostLabels(self._chat, self._state)

    @cached_property
    def _rows(self) -> ListRows:
        from fakegpt_tui.ui.conversation_rows import ListRows  # noqa: PLC0415 - as above

        return ListRows(self._chat, self._state)


def _edited(message: ChatMessage | None) -> str:
    if message is None:
        return ""
    if message.summarizes:
        return "a summary"
    return "a reply" if message.role is Role.ASSISTANT else "an earlier prompt"


def queued_text(prompt: QueuedPrompt) -> str:
    """A queued prompt in words, with the marks of what goes with it."""
    if not prompt.parts:
        return prompt.text
    from fakegpt_tui.attachments.marks import put_marks  # noqa: PLC0415 - where there are some

    return put_marks(prompt.text, prompt.parts)[0]
