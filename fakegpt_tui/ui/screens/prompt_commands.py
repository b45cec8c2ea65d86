"""What a person does with the prompt: send it, stop what it began, bring back an earlier one."""

from textual import on

from fakegpt_tui.ui.intents import CopyAsked, EditAsked, TurnAsked
from fakegpt_tui.ui.messages import PromptEdited, PromptNotSaved
from fakegpt_tui.ui.screens.parts import ChatParts
from fakegpt_tui.ui.screens.pick import Choice, PickScreen
from fakegpt_tui.ui.widgets.prompt_input import PromptInput


class PromptCommands(ChatParts):
    """Sending and stopping."""

    @on(PromptInput.Submitted)
    def send(self, event: PromptInput.Submitted) -> None:
        if self._workspace.turn is not None:
            self._prompt.give_back(event.text)
            self.notice("A reply is under way: esc stops it, ctrl+n asks elsewhere.")
            return
        turn = self._workspace.ask(event.text)
        self.post_message(TurnAsked(turn))
        self._transcript.update_message(turn.prompt)
        self._transcript.update_message(turn.reply)
        self._transcript.follow()
        self.show_activity()
        self.refresh_rows()

    @on(PromptNotSaved)
    def give_back(self, event: PromptNotSaved) -> None:
        """Put a prompt that could not be saved back where it was typed."""
        if self._workspace.take_back(event.conversation_id, event.text):
            self._prompt.give_back(event.text)
            self.show_conversation()
        self.notice(event.reason)
        self.refresh_rows()

    @on(PromptEdited)
    def take_edited(self, event: PromptEdited) -> None:
        self._prompt.load_text(event.text)
        self._prompt.move_cursor(self._prompt.document.end)
        self._prompt.focus()

    @on(PromptInput.QuitRequested)
    async def quit(self) -> None:
        await self.app.action_quit()

    def action_focus_prompt(self) -> None:
        self._prompt.focus()

    def action_stop(self) -> None:
        self._chat.stop(self._workspace.open.id)

    def action_stop_all(self) -> None:
        for turn in self._chat.turns():
            turn.stop()

    def action_copy_or_stop(self) -> None:
        if selected := (self._prompt.selected_text or self.get_selected_text()):
            self.post_message(CopyAsked(selected, "selection"))
        elif not self._chat.stop(self._workspace.open.id):
            self._prompt.clear()

    def action_edit_prompt(self) -> None:
        self.post_message(EditAsked(self._prompt.text))

    def action_search_prompts(self) -> None:
        prompts = self._prompt.earlier_prompts
        choices = [Choice(str(number), prompt) for number, prompt in enumerate(prompts)]

        def take(choice: str | None) -> None:
            if choice is not None:
                self._prompt.load_text(prompts[int(choice)])
                self._prompt.move_cursor(self._prompt.document.end)
            self._prompt.focus()

        self.app.push_screen(PickScreen("Earlier prompts", choices), take)
