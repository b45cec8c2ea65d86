"""What a person does with whole conversations."""

from collections.abc import Sequence
from datetime import datetime

from textual import on

from fakegpt_tui.domain import ChatMessage, Conversation, FakeGPTError
from fakegpt_tui.ui.choices import Choice, SearchSelection
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.widgets.conversation_list import ConversationList

_TRASH_DAYS = 30


class ConversationController(ChatScreenBase):
    """Starting, opening and arranging conversations.

    What is arranged are the conversations that are picked in the list, or else the one under its
    cursor while the list has the focus, or else the open one.
    """

    @on(ConversationList.Opened)
    def open_row(self, event: ConversationList.Opened) -> None:
        self.open_conversation(event.conversation_id)
        self._prompt.focus()

    def action_new_conversation(self) -> None:
        self._start(self._chat.new_conversation())

    def action_new_temporary(self) -> None:
        self._start(self._chat.new_conversation(temporary=True))
        self.notice("This conversation leaves nothing on disk.")

    def _start(self, conversation: Conversation) -> None:
        self.save_draft()
        self.save_position()
        self._workspace.start(conversation)
        self._prompt.load_draft("")
        self.show_conversation()
        self._prompt.focus()
        self.refresh_rows()

    def action_step(self, step: int) -> None:
        self.open_conversation(self._workspace.neighbour(step))

    def action_open_nth(self, number: int) -> None:
        rows = self._workspace.rows
        self.open_conversation(rows[number - 1].id if number <= len(rows) else None)

    def action_open_unread(self) -> None:
        if (conversation_id := self._workspace.first_unread()) is None:
            self.notice("Nothing is unread.")
        self.open_conversation(conversation_id)

    def action_search(self) -> None:
        def take(found: SearchSelection | None) -> None:
            if found is None:
                self._prompt.focus()
            else:
                self._show_found(found)

        from fakegpt_tui.ui.dialogs.search import SearchScreen  # noqa: PLC0415 - after first paint

        self.app.push_screen(SearchScreen(self._chat.search, self._options.clock), take)

    def _show_found(self, found: SearchSelection) -> None:
        is_open = self.open_conversation(found.conversation_id, whole=True)
        if found.message_id is None or not is_open:
            return
        if found.message_id not in [each.id for each in self._workspace.path]:
            # It is in another branch than the one that was shown last.
            with self.notify_errors():
                self._chat.trees.show_variant(found.conversation_id, found.message_id)
                self._workspace.reload()
                self.show_conversation()
        self._transcript.reveal(found.message_id, found.words)
        self._transcript.focus()

    def action_filter_list(self) -> None:
        choices = [Choice(row.id, row.title, row.group) for row in self.rows()]
        current = self._workspace.open.id

        def take(chosen: str | None) -> None:
            self.open_conversation(chosen)

        self.pick("Conversations", choices, take, current=current)

    def action_rename(self) -> None:
        ids = self._targets()
        if not ids:
            self.notice("There is nothing to rename yet.")
            return

        def take(title: str | None) -> None:
            if title is not None:
                with self.notify_errors():
                    self._chat.actions.rename(ids[0], title)
                    self._refresh_arranged()

        self.ask_line("Title", self._workspace.title(ids[0]), take)

    def action_pin(self) -> None:
        ids = self._targets()
        with self.notify_errors():
            pinned = not all(self._chat.conversation(each).pinned for each in ids)
            self._chat.actions.pin(ids, pinned=pinned)
            self._refresh_arranged()

    def action_archive(self) -> None:
        ids = self._targets()
        if not ids:
            return
        with self.notify_errors():
            archived = not all(self._chat.conversation(each).archived for each in ids)
            self._chat.actions.archive(ids, archived=archived)
            self._refresh_arranged()
            done = "Archived; is:archived finds it" if archived else "Brought back"
            self.notice(f"{done}. u takes it back.")

    def action_trash(self) -> None:
        ids = self._targets()
        for conversation_id in ids:
            self._chat.stop(conversation_id)
        if not ids:
            return
        with self.notify_errors():
            self._chat.actions.trash(ids)
        was_open = self._workspace.open.id in ids
        self._refresh_arranged()
        if was_open:
            self._prompt.load_draft("")
            self.show_conversation()
        self.notice(f"In the trash for {_TRASH_DAYS} days. u takes it back.")

    def action_show_trash(self) -> None:
        """Offer what was deleted of the open conversation, and the conversations that were."""
        open_id = self._workspace.open.id
        messages: Sequence[ChatMessage] = ()
        with self.notify_errors():
            messages = self._chat.trees.trashed(open_id)
        trashed = self._chat.trashed()
        if not trashed and not messages:
            self.notice("The trash is empty.")
            return
        choices = [
            *(Choice(each.id, f"Message: {each.text}", _day(each.trashed_at)) for each in messages),
            *(Choice(each.id, each.title, _day(each.trashed_at)) for each in trashed),
        ]
        of_the_open_one = {message.id for message in messages}

        def take(chosen: str | None) -> None:
            if chosen in of_the_open_one:
                self._restore_message(open_id, chosen)
            elif chosen is not None:
                with self.notify_errors():
                    self._chat.actions.restore([chosen])
                    self.open_conversation(chosen)

        self.pick("Trash, enter restores", choices, take)

    def _restore_message(self, conversation_id: str, message_id: str) -> None:
        with self.notify_errors():
            self._chat.trees.restore(conversation_id, message_id)
            self.open_conversation(conversation_id)

    def action_undo(self) -> None:
        """Take the last change back, of a conversation or of its messages."""
        scope = "" if self.focused is self._list else self._workspace.open.id
        try:
            words = self._chat.undo(scope)
        except FakeGPTError as error:
            self.notice(str(error))
            return
        self.notice("There is nothing to take back." if words is None else f"Taken back: {words}")
        self._workspace.reload()
        self.show_conversation()
        self.refresh_rows()

    def _targets(self) -> tuple[str, ...]:
        if self._list.picked or self.focused is self._list:
            return self._list.chosen
        return (self._workspace.open.id,) if self._workspace.open.leaf_id else ()

    def _refresh_arranged(self) -> None:
        self._list.picked = frozenset()
        self._workspace.reload()
        self.refresh_rows()


def _day(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d}"
