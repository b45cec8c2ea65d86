"""Key serializer: keys that are typed ahead take effect one after the other.

Mends: Textual hands a key to the widget that has the focus when the key arrives, though the key
before it may be about to move the focus, or to open or close a dialog.
Since: Textual 8.2.8. Can go: when Textual handles a key before it forwards the next.
"""

from collections import deque
from functools import partial
from time import monotonic
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from fakegpt_tui.ui.terminal.typed_keys import LayoutKey

_TIMEOUT = 1.0
"""Seconds after which a key stops waiting for the one before it."""
_ROUNDS = 2
"""One for a key to bubble from the focus up to the app, one for the messages that it caused."""


class KeySerializer(App[None]):
    """Forwards a key, or a paste, once everything that the previous one caused is done.

    Textual hands it to whatever has the focus when it arrives, though the one before it may be just
    about to move the focus, to open or close a dialog, or to change what the widget does with keys.
    Printable keys wait only for a preceding key that is not printable.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._waiting_keys: deque[events.Event] = deque()
        self._dispatched_at: float | None = None
        self._sent_printable = False

    async def on_event(self, event: events.Event) -> None:
        is_typed = isinstance(event, events.Key | events.Paste)
        if not is_typed or event.is_forwarded or not self.screen_stack:
            await super().on_event(event)
            return
        self._waiting_keys.append(event)
        if self._dispatched_at is None:
            await self._dispatch()
        elif len(self._waiting_keys) == 1:
            self._wait(self._dispatched_at)

    async def _dispatch(self) -> None:
        """Let the next key do what it does, and all letters before it."""
        self._dispatched_at = None
        while self._waiting_keys:
            event, screen = self._waiting_keys[0], self.screen
            target = self.focused or screen
            is_letter = _is_printable_for(event, target)
            if isinstance(event, LayoutKey) and not is_letter:
                event = event.as_latin
            if is_letter or not self._sent_printable:
                self._waiting_keys.popleft()
                await super().on_event(event)
            if not is_letter:
                # The action it must follow may not have bubbled up to the app yet.
                rounds = 1 if self._sent_printable else _ROUNDS
                self._dispatched_at = monotonic()
                self._sent_printable = False
                self._follow(target, screen, self._dispatched_at, rounds)
                if self._waiting_keys:
                    self._wait(self._dispatched_at)
                return
            self._sent_printable = True

    def _wait(self, handed_on: float) -> None:
        """Let keys wait for the one before them, but not for ever."""
        self.set_timer(_TIMEOUT, partial(self._stop_waiting, handed_on))

    async def _stop_waiting(self, handed_on: float) -> None:
        if handed_on == self._dispatched_at:
            await self._dispatch()

    def _follow(self, node: DOMNode, screen: Screen[Any], handed_on: float, rounds: int) -> None:
        """Go on when a node has dealt with all that was said to it so far."""
        if not node.call_later(self._pass, node, screen, handed_on, rounds):
            self.call_later(self._pass, self, screen, handed_on, rounds)

    async def _pass(
        self, node: DOMNode, screen: Screen[Any], handed_on: float, rounds: int
    ) -> None:
        if handed_on != self._dispatched_at:
            return  # Another key did not wait for this one.
        if node is not self:
            self._follow(node.parent or self, screen, handed_on, rounds)
        elif rounds > 1:
            self._follow(self.focused or self.screen, screen, handed_on, rounds - 1)
        elif self.screen is screen:
            await self._dispatch()
        else:
            # A screen that has only just come has no focus yet.
            follow = partial(self._follow, self, self.screen, handed_on, rounds)
            self.screen.call_after_refresh(follow)


def _is_printable_for(event: events.Event, target: Widget) -> bool:
    """Is this only one letter more for a widget that takes them?"""
    return (
        isinstance(event, events.Key)
        and event.is_printable
        and target.check_consume_key(event.key, event.character)
    )
