"""Recall controller: brings earlier prompts and queued ones back to where they were typed."""

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.view_model import queued_text
from fakegpt_tui.ui.window import Window


class RecallController:
    """Lists them, and takes the one that is chosen or named by its number."""

    def __init__(self, chat: ChatService, state: ChatState, window: Window) -> None:
        self._chat = chat
        self._state = state
        self._window = window

    def search_history(self, number: str = "") -> None:
        """Bring back the earlier prompt of a number, or one that the user chooses."""
        prompt = self._window.prompt
        prompts = prompt.earlier_prompts
        choices = [Choice(str(place), text) for place, text in enumerate(prompts)]

        def take(choice: str) -> None:
            prompt.replace_text(prompts[int(choice)])
            prompt.focus()

        if number and 0 < int(number) <= len(prompts):
            take(str(int(number) - 1))
        else:
            self._window.pick("Earlier prompts", choices, take, cancelled=prompt.focus)

    def show_queue(self, number: str = "") -> None:
        """Take a prompt that waits back to where it was typed, to be changed or dropped."""
        queued, prompt = self._state.queued, self._window.prompt
        if not queued:
            self._window.notify("Nothing is queued here.")
            return
        choices = [Choice(each.id, queued_text(each)) for each in queued]

        def take(prompt_id: str) -> None:
            prompt.focus()
            withdrawn = self._chat.queue.withdraw(prompt_id)
            prompt.restore_text(self._state.type_again(withdrawn.text, withdrawn.parts))

        if number and 0 < int(number) <= len(queued):
            take(queued[int(number) - 1].id)
            return
        self._window.pick("Queued prompts", choices, take, verb="take back", cancelled=prompt.focus)

    def send_queued(self) -> None:
        """Send what was held back when the reply before it failed or was stopped."""
        for prompt in self._state.queued[:1]:
            if (turn := self._chat.turns.send_queued(prompt.id)) is not None:
                self._window.start_turn(turn)
