"""What a person does with whole conversations."""

from textual import on

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.screens.parts import ChatParts
from fakegpt_tui.ui.widgets.conversation_list import ConversationList


class ConversationCommands(ChatParts):
    """Starting, opening and saving conversations."""

    @on(ConversationList.Opened)
    def open_row(self, event: ConversationList.Opened) -> None:
        self.open_conversation(event.conversation_id)
        self._prompt.focus()

    def action_new_conversation(self) -> None:
        self._workspace.start(self._prompt.text)
        self._prompt.clear()
        self.show_conversation()
        self._prompt.focus()
        self.refresh_rows()

    def action_step(self, step: int) -> None:
        self.open_conversation(self._workspace.neighbour(step))

    def action_open_nth(self, number: int) -> None:
        rows = self._workspace.rows
        self.open_conversation(rows[number - 1].id if number <= len(rows) else None)

    def action_open_unread(self) -> None:
        if (conversation_id := self._workspace.unread()) is None:
            self.notice("Nothing is unread.")
        self.open_conversation(conversation_id)

    def action_save(self) -> None:
        if self._workspace.open.leaf_id is None:
            self.notice("There is nothing to save yet.")
            return
        try:
            path = self._chat.save_markdown(self._workspace.open.id, self._options.exports)
        except FakeGPTError as error:
            self.notice(str(error))
        else:
            self.notice(f"Saved as {path}")
