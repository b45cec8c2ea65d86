"""Prompt controller: send, stop, edit, and what becomes of a turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Conversation, FakeGPTError, QueuedPrompt, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.messages import (
    CopyText,
    NotifyUser,
    OpenEditor,
    PromptEdited,
    PromptNotSaved,
    TurnFinished,
    TurnStarted,
)
from fakegpt_tui.ui.state import FAILED_STATUSES, ChatState
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Part

_MAX_TITLE = 40
_EDIT_LEFT = "The edit is left; ctrl+z brings back what was typed in it."
_WORK_STOPPED = "It is stopped, and nothing has changed."
_SEARCH_LEFT = "The search is closed; in the transcript n goes on with it."


class PromptController:
    """Sends what is typed, and stops what is under way."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        *,
        start_turn: Callable[[Turn], None],
        hold: Callable[[str], None],
    ) -> None:
        """`start_turn` has a turn run, whichever screen is shown; `hold` sends what has to wait."""
        self._chat = chat
        self._state = state
        self._window = window
        self._start_turn = start_turn
        self._hold = hold

    def send(self, text: str) -> None:
        """Send a prompt, at once or when all is read that goes with it."""
        state = self._state
        if state.attachments.is_reading or state.attachments.marked_in(text, state.open.id):
            self._hold(text)
            return
        prompt = self._window.prompt
        was_edited = state.edited_prompt is not None
        try:
            asked = self.ask(state.open, state.edited_prompt, text, ())
        except FakeGPTError:
            prompt.restore_text(text)
            raise
        if was_edited and (draft := state.draft) is not None:
            prompt.load_draft(draft.text, draft.cursor)
        self._window.save_typed()
        if isinstance(asked, Turn):
            self._start_turn(asked)

    def ask(
        self,
        conversation: Conversation,
        edited: ChatMessage | None,
        text: str,
        parts: Sequence[Part],
    ) -> Turn | QueuedPrompt | None:
        """A turn of a conversation, to be run by the app, or a prompt that has to wait.

        `None` where a reply was edited, which asks for nothing.

        Raises:
            FakeGPTError: An edited prompt cannot be sent now.
        """
        chat, state = self._chat, self._state
        if edited is None:
            return chat.turns.ask(conversation, text, parts=parts)
        asked = None
        if edited.summarizes:
            chat.compactions.edit(conversation.id, edited.id, text)
        elif edited.role is Role.ASSISTANT:
            chat.messages.edit_reply(conversation.id, edited.id, text)
        else:
            asked = chat.turns.edit(conversation.id, edited.id, text, parts=parts)
        if state.edited_prompt is edited:
            state.cancel_edit()
        return asked

    def load_history(self) -> None:
        """Read the earlier prompts, which are offered to be sent again."""
        self._window.prompt.earlier_prompts = self._chat.search.sent_prompts()

    def remember(self, event: TurnStarted) -> None:
        """Offer a new prompt to be sent again."""
        prompt = self._window.prompt
        if event.new_prompt:
            others = (each for each in prompt.earlier_prompts if each != event.new_prompt)
            prompt.earlier_prompts = (event.new_prompt, *others)

    def finish_turn(self, event: TurnFinished) -> None:
        """Tell of the end of a turn, also in other windows where the user does not look here."""
        reply = event.reply
        is_open = self._state.record_finished(reply)
        title = safe_line(self._state.title(reply.conversation_id), _MAX_TITLE)
        if not (is_open and self._window.has_app_focus):
            self._window.post(NotifyUser(title, f"the reply is {reply.status.value}"))
        said = (reply.error or "") if is_open and self._at_end else ""
        told = [notice for notice in event.notices if notice not in said]
        if reply.status in FAILED_STATUSES:
            told += self._tell_failure(event.ending or "The reply failed.", is_open=is_open)
        for notice in told:
            self._window.notify(notice if is_open else f"{title}: {notice}")

    @property
    def _at_end(self) -> bool:
        """Is the last reply in view, with what it says of itself?"""
        return self._window.transcript.viewport.sticks_to_end

    def _tell_failure(self, ending: str, *, is_open: bool) -> Iterator[str]:
        """Say how a reply failed, unless it is in view and says so itself."""
        if not is_open:
            yield ending
        elif not self._at_end:
            last = first_key("transcript.last", self._state.keys)
            yield f"The reply failed; {last} in the transcript goes to it."

    def take_back(self, event: PromptNotSaved) -> None:
        """Put a prompt that could not be saved back where it was typed."""
        if (event.text or event.parts) and event.conversation_id == self._state.open.id:
            typed = self._state.attachments.type_again(event.text, event.parts)
            self._window.prompt.restore_text(typed)
        elif event.text:
            self._chat.drafts.save(event.conversation_id, event.text)
        if event.conversation_id != self._state.open.id:
            title = safe_line(self._state.title(event.conversation_id), _MAX_TITLE)
            self._window.notify(f"{title or 'Another conversation'}: {event.reason}")
        else:
            self._window.notify(event.reason)

    def take_edited(self, event: PromptEdited) -> None:
        """Take the text back from the editor."""
        if event.take is not None:
            event.take(event.text)
            return
        self._window.prompt.replace_text(event.text)
        self._window.prompt.focus()

    def leave_or_stop(self) -> None:
        """Leave what is open, one thing with each key, or else stop the reply."""
        if not self._leave_something():
            self.stop()

    def leave(self) -> None:
        """Leave what is open, one thing with each key, or else go back to the prompt."""
        if not self._leave_something():
            self._window.prompt.focus()

    def _leave_something(self) -> bool:
        """Leave the first of all that can be left, and say so; is there anything?"""
        window, state, transcript = self._window, self._state, self._window.transcript
        ways: tuple[tuple[Callable[[], object], Callable[[], object], str], ...] = (
            (lambda: window.selected_text, window.clear_selection, "Nothing is selected any more."),
            (lambda: self._picked, self._unpick, "Nothing is picked any more."),
            (lambda: state.edited_prompt, self._clear, _EDIT_LEFT),
            (lambda: transcript.is_finding, transcript.close_find, _SEARCH_LEFT),
            (window.long_work.is_running, window.long_work.stop, _WORK_STOPPED),
        )
        for is_there, leave, said in ways:
            if is_there():
                leave()
                self._tell_left(said, is_there)
                return True
        return False

    def _tell_left(self, said: str, is_there: Callable[[], object]) -> None:
        self._window.notify(said, while_true=lambda: not is_there())

    @property
    def _picked(self) -> frozenset[str]:
        return self._state.picked | self._window.list.picked

    def _unpick(self) -> None:
        self._state.picked = self._window.list.picked = frozenset()

    def stop(self) -> None:
        turn = self._state.turn
        has_come = turn is not None and (turn.reply.text or turn.reply.reasoning)
        if self._chat.active_turns.stop(self._state.open.id):
            kept = "what arrived is kept" if has_come else "nothing had arrived yet"
            self._window.notify(
                f"The reply is stopped; {kept}.",
                while_true=lambda: self._state.turn in (None, turn),
            )

    def stop_all(self) -> None:
        self._window.notify(f"Replies that were stopped: {self._chat.active_turns.stop_all()}.")

    def copy_or_stop(self) -> None:
        """Copy the selection, or else stop the reply, clear the prompt, or say how to quit."""
        if selected := self._window.selected_text:
            self._window.post(CopyText(selected, "selection"))
        elif self._state.turn is not None:
            self.stop()
        elif self._window.prompt.text or self._state.edited_prompt is not None:
            self._clear()
        else:
            leave = first_key("app.quit", self._state.keys)
            self._window.notify(f"{leave} leaves the program; ctrl+c copies, stops and clears.")

    def _clear(self) -> None:
        """Drop what is typed, which undoing brings back; or leave the prompt that is edited."""
        if self._state.edited_prompt is None:
            self._window.prompt.clear()
            return
        self._state.cancel_edit()
        draft = self._state.draft
        self._window.prompt.replace_text("" if draft is None else draft.text)

    def open_editor(self) -> None:
        self._window.post(OpenEditor(self._window.prompt.text))
