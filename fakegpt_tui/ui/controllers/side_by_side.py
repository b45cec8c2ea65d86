"""Side-by-side controller: ask several models at once, and go on with one reply."""

from collections.abc import Callable, Sequence

from fakegpt_tui.chat.argument_values import find_model
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ModelRef, NotFound
from fakegpt_tui.domain.parts import ImagePart, Part, has_pictures
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.controllers.attachments import AttachmentController
from fakegpt_tui.ui.controllers.services import recent_models
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class SideBySideController:
    """Asks what is typed, or else the marked prompt once more, and shows the replies together."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        options: Options,
        attachments: AttachmentController,
        *,
        start_turn: Callable[[Turn], None],
    ) -> None:
        self._start_turn = start_turn
        self._attachments = attachments
        self._chat = chat
        self._state = state
        self._window = window
        self._options = options
        self._last_models: tuple[ModelRef, ...] = ()

    def ask(self, *names: str) -> None:
        """Ask two to four models, which the user chooses unless they are named."""
        state, prompt = self._state, self._window.prompt
        if state.turn is not None:
            self._window.notify(
                "A reply is under way in this conversation; stop it first.",
                while_true=lambda: state.turn is not None,
            )
        elif state.edited_prompt is not None:
            self._window.notify(
                "Send the edited prompt first; then its reply can be asked of others.",
                while_true=lambda: state.edited_prompt is not None,
            )
        elif not prompt.text.strip() and not state.path:
            self._window.notify(
                "Type a prompt first; several will answer it side by side.",
                while_true=lambda: not prompt.text.strip(),
            )
        elif named := [find_model(self._chat, self._state.open, each) for each in names if each]:
            self._ask(tuple(named))
        else:
            self._choose_models()

    def _choose_models(self) -> None:
        from fakegpt_tui.chat.turns import MAX_PARALLEL_MODELS  # noqa: PLC0415 - as below
        from fakegpt_tui.ui.dialogs.service_picker import SelectionRequest  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.services import ServicesScreen  # noqa: PLC0415 - as above

        current = self._state.model
        known = {service.name for service in self._chat.services.all()}
        last = self._last_models or (current,)
        before = tuple(each for each in last if each.service in known)
        screen = ServicesScreen(
            self._chat,
            self._options.services(),
            current=current,
            clock=self._options.clock,
            wanted=SelectionRequest("Models side by side", MAX_PARALLEL_MODELS, before),
            recent=recent_models(self._options.memory),
        )
        self._window.ask(screen, self._ask)

    def _ask(self, models: tuple[ModelRef, ...]) -> None:
        if not models:
            return
        self._last_models = models
        text = self._window.prompt.text_to_send
        if text and (self._state.attachments.is_reading or self._state.attached):
            self._window.work(self._ask_attached(models), group="side-by-side")
        else:
            self._start(self._begin(models, text, ()))

    async def _ask_attached(self, models: tuple[ModelRef, ...]) -> None:
        """Ask once all is read that goes with the prompt, unless another one is open by then."""
        conversation_id = self._state.open.id
        await self._state.attachments.wait()
        text = self._window.prompt.text_to_send
        text, parts = await self._attachments.prepare(text, conversation_id)
        from fakegpt_tui.chat.attachments import find_blind  # noqa: PLC0415 - when something is attached

        are_blind = has_pictures(parts) and await find_blind(self._chat.services, models)
        if self._state.open.id != conversation_id:
            return
        if are_blind:
            self._ask_about_pictures(models, text, parts)
        else:
            self._start(self._begin(models, text, parts))

    def _ask_about_pictures(
        self, models: tuple[ModelRef, ...], text: str, parts: Sequence[Part]
    ) -> None:
        """Ask what to do about models that see no pictures; nothing is sent before that."""
        seeing = tuple(each for each in models if not self._chat.services.is_blind(each))
        blind = ", ".join(safe_line(str(each), 40) for each in models if each not in seeing)
        left = [part for part in parts if not isinstance(part, ImagePart)]
        choices = [
            *([Choice("seeing", "Ask only those that see")] if seeing else []),
            *([Choice("without", "Send it without the pictures")] if text.strip() else []),
            Choice("models", "Choose other models"),
        ]

        def take(choice: str) -> None:
            match choice:
                case "seeing":
                    self._start(self._begin(seeing, text, parts))
                case "without":
                    self._start(self._begin(models, text, left))
                case _:
                    self._choose_models()

        note = f"No pictures are taken by {blind}."
        focus = self._window.prompt.focus
        self._window.pick("Pictures", choices, take, note=note, cancelled=focus)

    def _start(self, turns: tuple[Turn, ...]) -> None:
        self._window.save_typed()
        for turn in turns:
            self._start_turn(turn)
        self._show(turns)

    def _begin(
        self, models: tuple[ModelRef, ...], text: str, parts: Sequence[Part]
    ) -> tuple[Turn, ...]:
        chat, conversation = self._chat, self._state.open
        if text or parts:
            turns = chat.turns.new_parallel(conversation, text, models, parts=parts)
            self._window.prompt.take_text()
            return turns
        message = self._window.target_message
        if message is None:
            raise NotFound("There is no prompt any more that could be asked again.")
        return chat.turns.regenerate_parallel(conversation.id, message.id, models)

    def _show(self, turns: tuple[Turn, ...]) -> None:
        from fakegpt_tui.ui.dialogs.side_by_side import SideBySideScreen  # noqa: PLC0415 - as above
        from fakegpt_tui.ui.markdown.document import Document  # noqa: PLC0415 - as above

        prompt = turns[0].prompt

        def take(reply_id: str) -> None:
            self._window.prompt.focus()
            self._chat.actions.choose_reply(prompt.conversation_id, reply_id)

        screen = SideBySideScreen(
            self._chat,
            prompt,
            [turn.reply_id for turn in turns],
            repaint_rate=self._window.limiter.most,
            hint_letters=self._options.hint_letters,
            make_document=Document if self._options.value("diagrams", "on") == "off" else None,
            pictures=self._window.transcript.picture_source,
        )
        self._window.ask(screen, take, cancelled=self._window.prompt.focus)
