"""What a person does with the prompt: send it, stop what it began, bring back an earlier one."""

from textual import on

from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import FakeGPTError, NotFound, QueuedPrompt
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.messages import CopyText, OpenEditor, PromptEdited, PromptNotSaved
from fakegpt_tui.ui.widgets.prompt_input import PromptInput


class PromptController(ChatScreenBase):
    """Sending and stopping."""

    @on(PromptInput.Submitted)
    def send_prompt(self, event: PromptInput.Submitted) -> None:
        text = event.text
        was_edited = self._workspace.edited_prompt is not None
        try:
            asked = self._workspace.ask(text)
        except FakeGPTError as error:
            self._prompt.restore_text(text)
            self.notice(str(error))
            return
        if was_edited and (draft := self._workspace.draft) is not None:
            self._prompt.load_draft(draft.text, draft.cursor)
        self.save_draft()
        match asked:
            case Turn():
                self.start_turn(asked)
            case QueuedPrompt():
                self.refresh_rows()

    @on(PromptInput.Changed)
    def note_typing(self) -> None:
        self.save_draft()

    @on(PromptNotSaved)
    def give_back(self, event: PromptNotSaved) -> None:
        """Put a prompt that could not be saved back where it was typed."""
        if event.conversation_id == self._workspace.open.id:
            self._workspace.reload()
            if event.text:
                self._prompt.restore_text(event.text)
            self.show_conversation()
        elif event.text:
            self._chat.drafts.save(event.conversation_id, event.text)
        self.notice(event.reason)
        self.refresh_rows()

    @on(PromptEdited)
    def take_edited(self, event: PromptEdited) -> None:
        self._prompt.replace_text(event.text)
        self._prompt.focus()

    @on(PromptInput.QuitRequested)
    async def quit(self) -> None:
        await self.app.action_quit()

    def action_focus_prompt(self) -> None:
        self._prompt.focus()

    def action_stop(self) -> None:
        self._chat.stop(self._workspace.open.id)

    def action_stop_all(self) -> None:
        self.notice(f"Replies that were stopped: {self._chat.stop_all()}.")

    def action_copy_or_stop(self) -> None:
        if selected := (self._prompt.selected_text or self.get_selected_text()):
            self.post_message(CopyText(selected, "selection"))
        elif not self._chat.stop(self._workspace.open.id):
            self._clear_prompt()

    def _clear_prompt(self) -> None:
        """Drop what is typed, which undoing brings back; or leave the prompt that is edited."""
        if self._workspace.edited_prompt is None:
            self._prompt.clear()
            return
        self._workspace.cancel_edit()
        draft = self._workspace.draft
        self._prompt.replace_text("" if draft is None else draft.text)
        self.show_editing()

    def action_edit_prompt(self) -> None:
        self.post_message(OpenEditor(self._prompt.text))

    def action_search_prompts(self) -> None:
        prompts = self._prompt.earlier_prompts
        choices = [Choice(str(number), prompt) for number, prompt in enumerate(prompts)]

        def take(choice: str | None) -> None:
            if choice is not None:
                self._prompt.replace_text(prompts[int(choice)])
            self._prompt.focus()

        self.pick("Earlier prompts", choices, take)

    def action_show_queue(self) -> None:
        """Take a prompt that waits back to where it was typed, to be changed or dropped."""
        queued = self._workspace.queued
        if not queued:
            self.notice("Nothing is queued here.")
            return
        choices = [Choice(prompt.id, prompt.text) for prompt in queued]

        def take(prompt_id: str | None) -> None:
            if prompt_id is not None:
                try:
                    self._prompt.restore_text(self._chat.queue.withdraw(prompt_id).text)
                except NotFound as error:
                    self.notice(str(error))
                self.refresh_rows()
            self._prompt.focus()

        self.pick("Queued, enter takes it back", choices, take)

    def action_send_queued(self) -> None:
        """Send what was held back when the reply before it failed or was stopped."""
        for prompt in self._workspace.queued[:1]:
            with self.notify_errors():
                if (turn := self._chat.send_queued(prompt.id)) is not None:
                    self.start_turn(turn)
