"""Asking several at once, from the main screen."""

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.side_by_side import MAX_PARALLEL_MODELS
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ModelRef, NotFound
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.options import Options


class SideBySideController(ChatScreenBase):
    """Asks what is typed, or else the marked prompt once more, and shows the replies together."""

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(chat, options)
        self._last_models: tuple[ModelRef, ...] = ()

    def action_ask_side_by_side(self) -> None:
        """Let a person choose two to four, and ask them."""
        workspace = self._workspace
        if workspace.turn is not None:
            self.notice("A reply is under way in this conversation; stop it first.")
        elif workspace.edited_prompt is not None:
            self.notice("Send the edited prompt first; then its reply can be asked of others.")
        elif not self._prompt.text.strip() and not workspace.path:
            self.notice("Type a prompt first; several will answer it side by side.")
        else:
            self._choose_answerers()

    def _choose_answerers(self) -> None:
        from fakegpt_tui.ui.dialogs.service_picker import SelectionRequest  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.services import ServicesScreen  # noqa: PLC0415 - as above

        conversation = self._workspace.open
        current = ModelRef(conversation.service, conversation.model)
        known = {service.name for service in self._chat.services}
        before = tuple(each for each in self._last_models or (current,) if each.service in known)
        wanted = SelectionRequest("Who answers side by side", MAX_PARALLEL_MODELS, before)
        screen = ServicesScreen(
            self._chat,
            self._options.services,
            current=current,
            clock=self._options.clock,
            wanted=wanted,
        )
        self.app.push_screen(screen, self._ask_them)

    def _ask_them(self, answerers: tuple[ModelRef, ...] | None) -> None:
        if not answerers:
            return
        self._last_models = answerers
        with self.notify_errors():
            turns = self._turns(answerers)
            self.save_draft()
            for turn in turns:
                self.start_turn(turn)
            self._show_side_by_side(turns)

    def _turns(self, answerers: tuple[ModelRef, ...]) -> tuple[Turn, ...]:
        side_by_side, conversation = self._chat.side_by_side, self._workspace.open
        text = self._prompt.text.strip()
        if not text:
            last = self._transcript.current_message or next(reversed(self._workspace.path), None)
            if last is None:
                raise NotFound("There is no prompt any more that could be asked again.")
            return side_by_side.regenerate(conversation.id, last.id, answerers)
        turns = side_by_side.ask(conversation, text, answerers)
        self._prompt.take_text()
        return turns

    def _show_side_by_side(self, turns: tuple[Turn, ...]) -> None:
        from fakegpt_tui.ui.dialogs.side_by_side import SideBySideScreen  # noqa: PLC0415 - as above

        prompt = turns[0].prompt
        ids = [turn.reply_id for turn in turns]

        def take(reply_id: str | None) -> None:
            with self.notify_errors():
                if reply_id is not None:
                    self._chat.side_by_side.choose(prompt.conversation_id, reply_id)
            self._workspace.reload()
            self.show_conversation()
            self.refresh_rows()
            self._prompt.focus()

        rate = self._options.repaint_rate
        self.app.push_screen(SideBySideScreen(self._chat, prompt, ids, repaint_rate=rate), take)
