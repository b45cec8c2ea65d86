"""Store sync: the store as the main screen reads it, after the first frame and from then on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from fakegpt_tui.domain import FakeGPTError, StoreError
from fakegpt_tui.ui.messages import StoreUnreadable
from fakegpt_tui.ui.terminal.idle_gc import IdleCollector
from fakegpt_tui.ui.terminal.key_serializer import obey_waiting

if TYPE_CHECKING:
    from textual.screen import Screen

    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.ui.controllers import Controllers
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.state import ChatState
    from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
    from fakegpt_tui.ui.window import Window

_SYNC_SECONDS = 2.0
_FIRST_KEYS = 0.1
"""Seconds after the first paint in which only keys are obeyed: connecting has much to import."""


class StoreSync:
    """Reads the store for a screen, and what other instances of the program write to it."""

    def __init__(
        self,
        screen: Screen[None],
        window: Window,
        state: ChatState,
        chat: ChatService,
        *,
        options: Options,
        controllers: Callable[[], Controllers],
        show_background: Callable[[], None],
    ) -> None:
        """`show_background` shows what goes on in other conversations.

        `controllers` are made while the store is read.
        """
        self._screen = screen
        self._window = window
        self._state = state
        self._chat = chat
        self._options = options
        self._controllers = controllers
        self._show_background = show_background
        self._collector = IdleCollector()
        self._notices_shown = 0
        self._last_position: ReadingPosition | None = None

    async def load(self) -> None:
        """Read the store, which need not be there for the first paint, nor for the first keys."""
        screen, window = self._screen, self._window
        try:
            await self._chat.conversations.load()
            self._controllers().prompt.load_history()
            self._chat.queue.of("")  # All else that the first view needs, so that it is met here.
            self._chat.drafts.unsent()
        except StoreError as error:
            if self._options.reopens_store:
                screen.post_message(StoreUnreadable(window.prompt.text))
                return
            window.notify(str(error))
        with window.change():
            self._open_first()
            self._show_notices()
        screen.call_later(obey_waiting, screen)
        screen.set_interval(_SYNC_SECONDS, self._sync_soon)
        screen.set_timer(_SYNC_SECONDS, lambda: window.run(self._controllers().services.discover))
        screen.set_timer(_FIRST_KEYS, self._sign_in)

    def _sign_in(self) -> None:
        self._controllers().services.sign_in_if_needed()

    def _open_first(self) -> None:
        """Open what is resumed, or go on with the prompt that was not sent."""
        prompt = self._window.prompt
        self._state.is_loaded = True
        unsent = self._chat.drafts.unsent()
        if self._options.resume is not None:
            typed = prompt.text
            prompt.load_draft("")
            self._controllers().conversations.open(self._options.resume)
            prompt.insert(typed)
        elif unsent and not prompt.text:
            draft = unsent[-1]
            self._state.attachments.learn(draft.conversation_id, draft.attachments)
            self._state.start(self._chat.drafts.resume(draft))
            prompt.load_draft(draft.text, draft.cursor)
        if self._options.typed:
            prompt.insert(self._options.typed)
        self._window.save_typed()

    def _sync_soon(self) -> None:
        # The function, so that no coroutine is left over where the app is ending.
        self._screen.run_worker(self._sync, group="sync", exclusive=True)  # type: ignore[arg-type]

    async def _sync(self) -> None:
        """Show what other instances of the program have done, and what the store has to say."""
        self._show_notices()
        position = self._window.reading_position
        is_moving = position != self._last_position
        self._last_position = position
        # While the user scrolls, nothing is worth a write or a pause.
        if not is_moving:
            self._window.save_position()
        self._collector.collect(is_busy=is_moving or bool(self._chat.active_turns.all()))
        if await self._chat.refresh():
            self._window.refresh()
        else:
            self._show_background()

    def _show_notices(self) -> None:
        notices = self._options.notices()
        for notice in notices[self._notices_shown :]:
            self._window.notify(notice)
        self._notices_shown = len(notices)


def keep_open_conversation(window: Window, state: ChatState) -> None:
    """Keep where it is being read, and the draft without a command that has just been run."""
    window.save_position()
    if state.is_loaded:
        with suppress(FakeGPTError):  # What cannot be saved was told of before.
            window.save_typed()
