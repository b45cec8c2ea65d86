"""Key serializer: keys that are typed ahead take effect one after the other.

Mends: Textual hands a key to the widget that has the focus when the key arrives, though the key
before it may be about to move the focus, or to open or close a dialog.
It also has no public way to give a widget other keys while it is shown.
Since: Textual 8.2.8. Can go: when Textual handles a key before it forwards the next, and takes
bindings of a widget that is mounted.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from inspect import isawaitable
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.binding import BindingsMap, BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.terminal.typed_keys import HeldKey, LayoutKey

_TIMEOUT = 1.0
"""Seconds after which a key stops waiting for the one before it."""
_ROUNDS = 2
"""One for a key to bubble from the focus up to the app, one for the messages that it caused."""


_EDITING_ACTION = lazy_pattern(r"(?:cursor|delete|select)_|(?:home|end|undo|redo)\b")
_MAYBE_COMMAND = "slash"
"""A letter that is a command in an empty text, so that it waits for the edits before it."""


def replace_bindings(node: DOMNode, new: Iterable[BindingType]) -> None:
    """Give a widget these keys in place of its own."""
    node._bindings = BindingsMap(new)  # noqa: SLF001 (see above)
    node.refresh_bindings()


# Textual takes the styles and bindings of the first base that is a widget, and of no other.
if TYPE_CHECKING:
    _Mixin = Widget
else:
    _Mixin = object


class EditsInTurn(_Mixin):
    """A widget that runs its editing keys itself, between the letters around them.

    They change its text and cursor alone, so that no key behind them has to wait. Textual would
    run them when they have bubbled up to the app.
    """

    @cached_property
    def _edits(self) -> Mapping[str, str]:
        """The actions of the keys; those that a person has given to a command are none."""
        return {
            key: active.binding.action
            for key, active in self.screen.active_bindings.items()
            if active.node is self and not active.binding.id
            if _EDITING_ACTION.match(active.binding.action)
        }

    def forget_edits(self) -> None:
        """Look the keys up again, as other ones have been given to commands."""
        self.__dict__.pop("_edits", None)

    def edits_with(self, key: str) -> bool:
        """Does a key change nothing but the text and the cursor here?"""
        return key in self._edits

    repeated: frozenset[str] = frozenset()
    """Actions that `repeat_edit` does several times at once, so that their keys come as one."""

    def repeats(self, key: str) -> bool:
        """May several presses of a key come as one event?"""
        return self._edits.get(key) in self.repeated

    async def run_edit(self, event: events.Key) -> None:
        """Do what an editing key does, as often as it was pressed; nothing for other keys."""
        if not event.is_printable and event.key in self._edits:
            event.stop()
            event.prevent_default()
            count = event.count if isinstance(event, HeldKey) else 1
            await self.repeat_edit(self._edits[event.key], count)

    async def repeat_edit(self, action: str, count: int) -> None:
        """Do an edit `count` times."""
        # Looked up here, as finding what an action means takes as long as an edit.
        method = getattr(self, f"action_{action}", None)
        for _ in range(count):
            if method is None:
                await self.run_action(action)
            elif isawaitable(done := method()):
                await done


class LetsKeysWait:
    """A screen some of whose keys wait until what they act on is there."""

    def must_wait(self, event: events.Event) -> bool:
        """Does a key have to wait? Once it has not, `obey_waiting` is to be called."""
        raise NotImplementedError


class KeySerializer(App[None]):
    """Forwards a key, or a paste, once everything that the previous one caused is done.

    Textual hands it to whatever has the focus when it arrives, though the one before it may be just
    about to move the focus, to open or close a dialog, or to change what the widget does with keys.
    Letters and editing keys wait only for a preceding key that may be a command, and are handed on
    without a look at all bindings, which takes longer than what they do.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._waiting_keys: deque[events.Event] = deque()
        self._dispatched_at: float | None = None
        self._sent_taken = self._sent_edit = False

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

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Run what a key is bound to, but not by a screen that has no widgets yet.

        A key that was not waited for long enough bubbles up here when the one before it has just
        opened a dialog.
        """
        if not self.screen_stack:
            return False  # The app is ending.
        is_ready = self.screen.is_mounted or self.screen.focused is not None
        return is_ready and await super()._check_bindings(key, priority)

    async def _dispatch(self) -> None:
        """Let the next key do what it does, and all letters and edits before it."""
        self._dispatched_at = None
        while self._waiting_keys and self.screen_stack:
            screen = self.screen
            if not screen.is_mounted and screen.focused is None:
                self._dispatched_at = monotonic()
                self._follow(screen, screen, self._dispatched_at, 1)
                return
            target = self.focused or screen
            event = self._next_event(target)
            if self._is_taken(event, target):
                self._waiting_keys.popleft()
                self._hand_on(event, target)
                continue
            if not self._sent_taken:
                if self.must_wait(event):
                    return
                self._waiting_keys.popleft()
                await super().on_event(_as_command(event))
            # The action it must follow may not have bubbled up to the app yet.
            rounds = 1 if self._sent_taken else _ROUNDS
            self._dispatched_at = monotonic()
            self._sent_taken = self._sent_edit = False
            self._follow(target, screen, self._dispatched_at, rounds)
            if self._waiting_keys:
                self._wait(self._dispatched_at)
            return

    def must_wait(self, event: events.Event) -> bool:
        """Is what a key acts on not known yet? `obey_waiting` obeys it, and those behind it."""
        screen = self.screen
        return isinstance(screen, LetsKeysWait) and screen.must_wait(event)

    def _next_event(self, target: Widget) -> events.Event:
        """The event that is next: one press, where the target does not take several as one."""
        event = self._waiting_keys[0]
        if not isinstance(event, HeldKey):
            return event
        if not (isinstance(target, EditsInTurn) and target.repeats(event.key)):
            self._waiting_keys.popleft()
            self._waiting_keys.extendleft(event.presses)
        return self._waiting_keys[0]

    def _is_taken(self, event: events.Event, target: Widget) -> bool:
        """Is the event a further letter or edit for a widget that takes letters?"""
        if not isinstance(event, events.Key):
            return False
        if event.is_printable and target.check_consume_key(event.key, event.character):
            return not (self._sent_edit and event.key == _MAYBE_COMMAND)
        is_edit = isinstance(target, EditsInTurn) and target.edits_with(event.key)
        return is_edit and not self.must_wait(event)

    def _hand_on(self, event: events.Event, target: Widget) -> None:
        """Do what Textual does with a key that is bound to nothing outside of the focus."""
        self.app_focus = True
        self.screen._clear_tooltip()  # noqa: SLF001 (see above)
        self._sent_taken = True
        self._sent_edit |= isinstance(event, events.Key) and not event.is_printable
        target._forward_event(event)  # noqa: SLF001 (see above)

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


async def obey_waiting(screen: Screen[Any]) -> None:
    """Obey the keys that had to wait, unless one is being obeyed, which the next one follows."""
    app = screen.app
    if isinstance(app, KeySerializer) and app._dispatched_at is None:  # noqa: SLF001 (of this module)
        await app._dispatch()  # noqa: SLF001 (as above)


async def obey_typed_ahead(screen: Screen[Any]) -> None:
    """Obey the keys that came before `screen` had a focus, so that its first frame shows them."""
    app = screen.app
    if isinstance(app, KeySerializer):
        await app._dispatch()  # noqa: SLF001 (of this module)
        await asyncio.sleep(0)


def _as_command(event: events.Event) -> events.Event:
    """A letter of another layout, where it is not typed, as the command of the same key."""
    return event.as_latin if isinstance(event, LayoutKey) else event
