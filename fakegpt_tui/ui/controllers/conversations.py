"""Conversation controller: start, open, search, rename, pin, archive, delete, undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from fakegpt_tui.chat.argument_values import find_numbered, find_titled
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import ChatMessage, Conversation, FakeGPTError
from fakegpt_tui.ui.dialogs import Choice, SearchSelection
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.status_labels import done_label
from fakegpt_tui.ui.widgets import ConversationRow
from fakegpt_tui.ui.widgets.drawing import until_drawn
from fakegpt_tui.ui.window import Window

_TRASH_DAYS = 30
_MAX_RECENT = 30


class ConversationController:
    """Acts on picked conversations, or else on the one under the cursor of the list or open."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        clock: Callable[[], datetime],
        *,
        rename_folder: Callable[[str], object],
        delete_folder: Callable[[str], object],
    ) -> None:
        self._chat = chat
        self._rename_folder = rename_folder
        self._delete_folder = delete_folder
        self._state = state
        self._window = window
        self._clock = clock

    def new(self) -> None:
        """Start a conversation, in the folder under the cursor of the list if there is one."""
        if self.folder is not None:
            self.start_in(self.folder)
        else:
            self.start(self._chat.conversations.create())

    def start_in(self, folder: str) -> None:
        """Open a conversation that has no prompt yet, with the preset of a folder."""
        self.start(self._chat.folders.new_conversation(folder))
        self._window.notify(f"A new conversation in {folder}.")

    def new_temporary(self) -> None:
        self.start(self._chat.conversations.create(temporary=True))
        self._window.notify("This conversation leaves nothing on disk but what it costs.")

    def start(self, conversation: Conversation) -> None:
        """Open a conversation that has no prompt yet."""
        self._window.save_typed()
        self._chat.drafts.leave(self._state.open.id)
        self._window.save_position()
        self._state.start(conversation)
        self._window.prompt.load_draft("")
        self._window.prompt.focus()

    def open(self, conversation_id: str | None, *, whole: bool = False) -> None:
        """Open a conversation where there is one.

        Of a long one the end is shown first, unless it is wanted `whole` or was left further up.
        """
        if conversation_id is None:
            return
        self._window.save_typed()
        self._chat.drafts.leave(self._state.open.id)
        self._window.save_position()
        was_above = self._was_left_above_end(conversation_id)
        whole = whole or was_above
        unread = self._unread_reply(conversation_id)
        rows = None if whole else self._window.transcript.app.size.height
        draft = self._state.open_conversation(conversation_id, rows=rows)
        self._window.prompt.load_draft(draft.text if draft else "", draft.cursor if draft else None)
        if self._state.tail:
            self._window.work(self._load_rest(), group="rest")
        if unread is not None and not was_above:
            transcript = self._window.transcript
            self._window.after_refresh(lambda: transcript.reveal(unread, marks=False))

    def _unread_reply(self, conversation_id: str) -> str | None:
        """The reply that has not been read, which is to be read from its beginning."""
        found = self._chat.conversations.find(conversation_id)
        return found.leaf_id if found is not None and found.unread else None

    def open_row(self, conversation_id: str) -> None:
        """Open a conversation that was chosen in the list, and go to the prompt."""
        self.open(conversation_id)
        self._window.prompt.focus()

    def _was_left_above_end(self, conversation_id: str) -> bool:
        known = self._window.transcript.saved_position(conversation_id)
        if known is not None:
            return not known.sticks_to_end
        return self._chat.bookmarks.get(conversation_id) is not None

    async def _load_rest(self) -> None:
        # The thread that reads would hold up the end of the conversation.
        await until_drawn(self._window.transcript)
        # The error is shown once something else asks for the conversation.
        with suppress(FakeGPTError):
            await self._state.load_rest()

    def step(self, step: int) -> None:
        """Open the conversation that many rows below in the list."""
        self.open(self._state.neighbour(self._window.list.shown, step))

    def open_nth(self, number: int) -> None:
        """Open the conversation that is at that place of the list."""
        self.open(find_numbered(self._window.list.shown, str(number)))

    def open_unread(self) -> None:
        if (conversation_id := self._state.first_unread()) is None:
            self._window.notify("Nothing is unread.")
        self.open(conversation_id)

    def search(self, words: str = "") -> None:
        """Open the conversation of a number or title, or search all for words."""
        if (found := find_titled(self._chat, words)) is not None or words.isdecimal():
            self.open(found.id) if found is not None else self.open_nth(int(words))
            return
        from fakegpt_tui.ui.dialogs.search import SearchScreen, title_hit  # noqa: PLC0415 - after first paint

        listed = self._chat.conversations.all()[:_MAX_RECENT]
        others = (each for each in listed if each.id != self._state.open.id and not each.archived)
        recent = [title_hit(each) for each in others]
        self._window.ask(
            SearchScreen(self._chat.search.find, self._clock, words, recent),
            self._open_selection,
            cancelled=self._window.prompt.focus,
        )

    def _open_selection(self, selected: SearchSelection) -> None:
        self.open(selected.conversation_id, whole=True)
        message_id = selected.message_id
        if message_id is None:
            return
        if message_id not in [each.id for each in self._state.path]:
            # It is in another branch than the one that was shown last.
            self._chat.messages.show_variant(selected.conversation_id, message_id)
        transcript = self._window.transcript
        self._window.after_refresh(lambda: transcript.reveal(message_id, selected.queries))
        transcript.focus()

    def filter(self) -> None:
        """Find a conversation of the list by its title."""
        choices = [Choice(row.id, row.full_title, _place(row)) for row in self._state.rows]
        self._window.pick("Conversations", choices, self.open, current=self._state.open.id)

    def rename(self, typed: str = "") -> None:
        """Give a conversation a title, which the user is asked for unless it was typed."""
        if self.folder is not None:
            self._rename_folder(self.folder)
            return
        ids = self.targets()
        if not ids:
            self._window.notify("There is nothing to rename yet.")
            return

        def take(title: str) -> None:
            self._chat.actions.rename(ids[0], title)
            self.unpick()

        if typed:
            take(typed)
            return
        from fakegpt_tui.ui.dialogs.pick import AskScreen  # noqa: PLC0415 - after first paint

        self._window.ask(AskScreen("Title", self._state.title(ids[0])), take)

    def pin(self) -> None:
        ids = self.targets()
        pinned = not all(self._chat.conversations.get(each).pinned for each in ids)
        self._chat.actions.pin(ids, pinned=pinned)
        self.unpick()

    def archive(self) -> None:
        ids = self.targets()
        if not ids:
            return
        archived = not all(self._chat.conversations.get(each).archived for each in ids)
        self._chat.actions.archive(ids, archived=archived)
        self.unpick()
        done = "archived; is:archived finds it" if archived else "brought back"
        told = done_label(self._state, ids, done)
        self._window.notify(f"{told}. {self._window.undo_key} takes it back.")

    def trash(self) -> None:
        if self.folder is not None:
            self._delete_folder(self.folder)
            return
        ids = self.targets()
        for conversation_id in ids:
            self._chat.active_turns.stop(conversation_id)
        if not ids:
            return
        told = done_label(self._state, ids, f"in the trash for {_TRASH_DAYS} days")
        self._chat.actions.trash(ids)
        self.unpick()
        if self._state.open.id in ids:
            self._state.start(self._chat.conversations.create())
            self._window.prompt.load_draft("")
        self._window.notify(f"{told}. {self._window.undo_key} takes it back.")

    def show_trash(self, number: str = "") -> None:
        """Offer the deleted messages of the open conversation, and the deleted conversations.

        A number restores one of those conversations.
        """
        open_id = self._state.open.id
        messages: Sequence[ChatMessage] = self._chat.messages.trashed(open_id)
        trashed = self._chat.conversations.trashed()
        if not trashed and not messages:
            self._window.notify("The trash is empty.")
            return
        choices = [
            *(Choice(each.id, f"Message: {each.text}", _day(each.trashed_at)) for each in messages),
            *(Choice(each.id, each.title, _day(each.trashed_at)) for each in trashed),
        ]
        message_ids = {message.id for message in messages}

        def take(chosen: str) -> None:
            if chosen in message_ids:
                self._chat.messages.restore(open_id, chosen)
                self.open(open_id)
            else:
                self._chat.actions.restore([chosen])
                self.open(chosen)

        if (numbered := find_numbered(trashed, number)) is not None:
            take(numbered.id)
        else:
            self._window.pick("Trash", choices, take, verb="restore")

    def undo(self) -> None:
        """Take back the last change, of a conversation or of its messages, once that was told."""
        scope = self._undo_scope
        history = self._chat.history
        action = history.last(scope)
        if action is None:
            self._window.notify("There is nothing to take back.")
        elif not history.is_told(action):
            self._window.notify(f"{history.tell(action)} u or /undo once more takes it back.")
        else:
            undone = history.undo(scope)
            # The conversation that is open may be what is taken back.
            self._state.reload()
            before = history.last(scope)
            told = f" Next for {self._window.undo_key}: {history.tell(before)}" if before else ""
            self._window.notify(f"Taken back: {undone}{told}")

    def describe_undo(self, *, tells: bool = False) -> str:
        """What `undo` would take back, which from now on is known where this `tells` it."""
        history = self._chat.history
        action = history.last(self._undo_scope)
        if action is None:
            return "Nothing to take back"
        return f"Take back: {history.tell(action) if tells else history.describe(action)}"

    @property
    def _undo_scope(self) -> str:
        return "" if self._window.focused is self._window.list else self._state.open.id

    @property
    def folder(self) -> str | None:
        """The folder under the cursor of the list, while that has the focus."""
        conversations = self._window.list
        is_meant = self._window.focused is conversations and not conversations.picked
        return conversations.folder if is_meant else None

    def targets(self, *, unsaved: bool = False) -> tuple[str, ...]:
        """The conversations that a command is about, also one without a prompt if `unsaved`."""
        conversations = self._window.list
        if conversations.picked or self._window.focused is conversations:
            return conversations.chosen
        return (self._state.open.id,) if self._state.open.leaf_id or unsaved else ()

    def unpick(self) -> None:
        self._window.list.picked = frozenset()


def _place(row: ConversationRow) -> str:
    """Where a conversation is in the list, and its tags, by which it is found, too."""
    words = (row.folder or row.group, *(f"#{tag}" for tag in row.tags))
    return " ".join(filter(None, words))


def _day(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d}"
