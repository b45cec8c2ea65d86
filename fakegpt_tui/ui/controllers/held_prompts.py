"""Held prompts: prompts that are sent once all their attachments are read."""

from collections.abc import Callable, Sequence

from fakegpt_tui.attachments.marks import mark_of
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Conversation, FakeGPTError, ModelRef, QueuedPrompt
from fakegpt_tui.domain.parts import ImagePart, Part, attached_parts, has_pictures
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.controllers.attachments import AttachmentController
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.prompt_attachments import HeldPrompt
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class HeldPrompts:
    """Sends prompts with attachments, and asks about pictures that a model cannot see."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        attachments: AttachmentController,
        *,
        ask: Callable[
            [Conversation, ChatMessage | None, str, Sequence[Part]], Turn | QueuedPrompt | None
        ],
        start_turn: Callable[[Turn], None],
        choose_model: Callable[[], None],
    ) -> None:
        self._chat = chat
        self._state = state
        self._window = window
        self._attachments = attachments
        self._ask = ask
        self._start_turn = start_turn
        self._choose_model = choose_model

    def send(self, text: str) -> None:
        """Send a prompt when all is read that goes with it; one at a time."""
        state = self._state
        if state.held is not None:
            self._window.prompt.restore_text(text)
            self._window.notify("The prompt before is still being read.")
            return
        state.held = HeldPrompt(state.open, text, state.edited_prompt)
        self._window.save_typed()
        self._window.work(self._send(state.held), group="send", exclusive=False)

    async def _send(self, held: HeldPrompt) -> None:
        """Send a prompt once all is read, unless it was taken back meanwhile."""
        try:
            await self._state.attachments.wait()
            text, parts = await self._attachments.prepare(held.text, held.conversation.id)
            model = ModelRef(held.conversation.service, held.conversation.model)
            is_blind = has_pictures(parts) and await self._is_blind(model)
            if is_blind and self._state.held is held:
                self._ask_about_pictures(held, model, text, parts)
            else:
                self._ask_held(held, text, parts)
        except FakeGPTError:
            self._give_back(held)
            raise

    async def _is_blind(self, model: ModelRef) -> bool:
        from fakegpt_tui.chat.attachments import find_blind  # noqa: PLC0415 - for a picture

        return bool(await find_blind(self._chat.services, (model,)))

    def _ask_about_pictures(
        self, held: HeldPrompt, model: ModelRef, text: str, parts: Sequence[Part]
    ) -> None:
        """Ask what to do about pictures that the model cannot see; nothing is sent before that."""
        choices = [
            Choice("model", "Choose another model"),
            Choice("without", "Send it without the pictures"),
            Choice("words", "Describe the pictures in words"),
        ]

        def take(choice: str) -> None:
            if choice == "without":
                self._send_without_pictures(held, text, parts)
                return
            self._give_back(held)
            if choice == "model":
                self._choose_model()
            else:
                self._describe(parts)

        note = f"{safe_line(str(model), 40)} takes no pictures."
        self._window.pick(
            "Pictures", choices, take, note=note, cancelled=lambda: self._give_back(held)
        )

    def _send_without_pictures(self, held: HeldPrompt, text: str, parts: Sequence[Part]) -> None:
        left = [part for part in parts if not isinstance(part, ImagePart)]
        if text.strip() or attached_parts(left):
            self._ask_held(held, text, left)
        else:
            self._give_back(held)
            self._window.notify("Nothing would be left; type what you want to ask.")

    def _describe(self, parts: Sequence[Part]) -> None:
        """Put a place for words where each picture was, with the cursor in the first one."""
        prompt = self._window.prompt
        pictures = [part for part in attached_parts(parts) if isinstance(part, ImagePart)]
        begins = [f"(picture {safe_line(part.name, 60)}: " for part in pictures]
        for attachment in self._state.attachments.marked_in(prompt.text, self._state.open.id):
            if isinstance(attachment.part, ImagePart):
                name = safe_line(attachment.part.name, 60)
                prompt.replace_first(mark_of(attachment), f"(picture {name}: )")
        prompt.focus()
        prompt.go_behind(begins[0])

    def _ask_held(self, held: HeldPrompt, text: str, parts: Sequence[Part]) -> None:
        if self._state.held is not held:
            return
        is_open = self._state.open.id == held.conversation.id
        asked = self._ask(held.conversation, held.edited_prompt, text, parts)
        self._state.held = None
        if is_open and held.edited_prompt is not None and (draft := self._state.draft) is not None:
            self._window.prompt.load_draft(draft.text, draft.cursor)
        if is_open:
            self._window.save_typed()
        else:
            self._state.attachments.forget_held(held)
        if isinstance(asked, Turn):
            self._start_turn(asked)

    def _give_back(self, held: HeldPrompt) -> None:
        """Put a prompt that cannot be sent back where it was typed."""
        if self._state.held is held:
            self._state.held = None
            if self._state.open.id == held.conversation.id:
                self._window.prompt.restore_text(held.text)
