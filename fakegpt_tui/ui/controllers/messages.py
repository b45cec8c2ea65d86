"""What a person does with the chat messages of the open conversation."""

from collections.abc import Callable

from textual import on

from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Conversation, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.dialogs.link import ask_about_link
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.widgets.transcript.message_header import ROLE_NAMES
from fakegpt_tui.ui.widgets.transcript.view import Transcript


class MessageController(ChatScreenBase):
    """Copying messages, following their links, and making and walking their variants.

    What is meant is the message under the transcript's cursor, or else the last one.
    """

    @on(Transcript.CopyRequested)
    def ask_for_copy(self, event: Transcript.CopyRequested) -> None:
        self.post_message(CopyText(event.text, event.what))

    @on(Transcript.LinkPressed)
    def show_link(self, event: Transcript.LinkPressed) -> None:
        ask_about_link(self, event.href)

    def action_edit_message(self) -> None:
        """Take a prompt into the field where it was typed."""
        message = self._target()
        if message is not None and message.role is not Role.USER:
            message = self._before(message)
        if message is None:
            self.notice("There is no prompt to edit.")
            return
        self.save_draft()
        self._prompt.replace_text(self._workspace.begin_edit(message))
        self._prompt.focus()
        self.show_editing()
        self.notice("Send the edited prompt; the old one stays as a variant.")

    def action_regenerate(self) -> None:
        self._ask_again(self._chat.regenerate)

    def action_continue_reply(self) -> None:
        self._ask_again(self._chat.continue_reply)

    def action_show_variant(self, step: int) -> None:
        message, trees = self._target(), self._chat.trees
        if message is None:
            return
        with self.notify_errors():
            if shown := trees.step_variant(self._workspace.open.id, message.id, step):
                self._workspace.reload()
                path = self._workspace.path
                self._transcript.show_variant(shown, path, self._workspace.labels(path))
                self._status.tokens = self._workspace.token_label(path)

    def action_compare_variants(self) -> None:
        if (message := self._target()) is not None:
            with self.notify_errors():
                self._compare_variants(message)

    def _compare_variants(self, message: ChatMessage) -> None:
        trees, conversation_id = self._chat.trees, self._workspace.open.id
        variants = trees.variants(conversation_id, message.id)
        if variants.count == 1:
            self.notice("There is only one variant of this message.")
            return
        place = variants.position - 1
        other, this = (place - 1, place) if place else (0, 1)
        parts = trees.compare(conversation_id, variants.ids[other], variants.ids[this])
        from fakegpt_tui.ui.dialogs.compare import CompareScreen  # noqa: PLC0415 - after first paint

        self.app.push_screen(CompareScreen(f"From variant {other + 1} to {this + 1}", parts))

    def action_show_tree(self) -> None:
        if self._workspace.open.leaf_id is None:
            self.notice("There is no tree yet.")
            return
        with self.notify_errors():
            self._show_tree(self._workspace.open, self._workspace.open.leaf_id)

    def _show_tree(self, conversation: Conversation, current: str) -> None:
        rows = self._chat.trees.rows(conversation.id)
        choices = [
            Choice(
                row.message.id,
                f"{'   ' * row.depth}{'│' if row.is_shown else ' '} "
                f"{ROLE_NAMES[row.message.role]}: {safe_line(row.message.text, 80)}",
                f"{row.variants.position}/{row.variants.count}" if row.variants.count > 1 else "",
            )
            for row in rows
        ]

        def take(message_id: str | None) -> None:
            if message_id is not None:
                with self.notify_errors():
                    self._chat.trees.show_variant(conversation.id, message_id)
                    self._workspace.reload()
                    self.show_conversation()
                    self._transcript.reveal(message_id)

        self.pick("Tree, enter shows", choices, take, current=current)

    def action_wrap_code(self) -> None:
        if self._transcript.toggle_code_wrap():
            self.notice("Long lines of code go on in the next line.")
        else:
            self.notice("Long lines of code are cut; < and > move them in the transcript.")

    def action_branch(self) -> None:
        if (message := self._target()) is not None:
            with self.notify_errors():
                branch = self._chat.branch(self._workspace.open.id, message.id)
                self.open_conversation(branch.id)
                self._prompt.focus()
                self.notice("This is a new conversation; the other one is as it was.")

    def action_trash_message(self) -> None:
        if (message := self._target()) is None:
            return
        with self.notify_errors():
            count = self._chat.trees.trash(self._workspace.open.id, message.id)
            self._workspace.reload()
            self.show_conversation()
            self.notice(f"{count} in the trash. u takes it back.")

    def _ask_again(self, ask: Callable[[str, str], Turn]) -> None:
        message = self._target()
        if message is None:
            self.notice("There is nothing to ask again yet.")
            return
        with self.notify_errors():
            self.start_turn(ask(self._workspace.open.id, message.id))

    def _target(self) -> ChatMessage | None:
        path = self._workspace.path
        return self._transcript.current_message or (path[-1] if path else None)

    def _before(self, message: ChatMessage) -> ChatMessage | None:
        return next((each for each in self._workspace.path if each.id == message.parent_id), None)
