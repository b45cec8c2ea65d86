"""Hint controller: shows hints over the main screen's transcript, and does what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import Role
from fakegpt_tui.domain.parts import attached_parts
from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.dialogs.hints import TranscriptHints
from fakegpt_tui.ui.dialogs.items import ItemAction, code_item, file_item
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript.hint_targets import Spot, Target, TargetKind
from fakegpt_tui.ui.widgets.transcript.hints import ACTIONS, HintAction
from fakegpt_tui.ui.widgets.transcript.line_ids import MessageZone, written_text
from fakegpt_tui.ui.window import Window

if TYPE_CHECKING:
    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.ui.controllers.items import ItemController
    from fakegpt_tui.ui.controllers.messages import MessageController
    from fakegpt_tui.ui.dialogs.items import MessageItem

_AFTER_MARKING = (
    ("transcript.copy-message", "copies"),
    ("message.edit", "edits"),
    ("message.regenerate", "asks again"),
    ("message.branch", "branches"),
)


class HintController(TranscriptHints):
    """Runs the commands of messages, files, code and links on a hinted target."""

    actions = ACTIONS

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        items: ItemController,
        *,
        messages: Callable[[], MessageController],
        letters: Callable[[], str],
    ) -> None:
        super().__init__(window.transcript, self._show_mode, window.notify, letters)
        self._chat = chat
        self._state = state
        self._window = window
        self._items = items
        self._messages = messages

    def _show_mode(self, words: str) -> None:
        self._transcript.screen.query_one(StatusBar).mode = words

    def act(self, spot: Spot, action: HintAction) -> None:
        """Do something with a target; a message that is marked has the focus from then on."""
        with self._window.change():
            if action is HintAction.MARK:
                self._came_from = None
            super().act(spot, action)

    def act_on_more(self, target: Target, message: ChatMessage, action: HintAction) -> None:
        if target.kind is TargetKind.MESSAGE:
            self._act_on_message(message, action)
            return
        item = _item(target, message)
        if item is None:
            self._window.notify("There is nothing in it.")
        elif target.kind is TargetKind.PICTURE and action is HintAction.COPY:
            self._copy_path(item)
        else:
            self._items.act(self._state.open.id, ItemAction(action.value), item)

    def _act_on_message(self, message: ChatMessage, action: HintAction) -> None:
        """Mark a message, and do what a key would do with a marked one."""
        transcript, messages = self._transcript, self._messages()
        transcript.viewport.mark(transcript.message_list.index_of(message.id) or 0)
        transcript.sync_view()
        match action:
            case HintAction.EDIT if message.role is Role.USER:
                messages.edit()
            case HintAction.EDIT:
                messages.edit_reply()
            case HintAction.AGAIN:
                messages.regenerate()
            case HintAction.BRANCH:
                messages.branch()
            case _:
                self._tell_keys()

    def _tell_keys(self) -> None:
        keys = ((first_key(name, self._state.keys), does) for name, does in _AFTER_MARKING)
        shown = ", ".join(f"{key} {does}" for key, does in keys if key)
        self._window.notify(f"Marked: {shown}." if shown else "Marked.")

    def _copy_path(self, picture: MessageItem) -> None:
        path = self._chat.attachments.path(self._state.open.id, picture.digest)
        if path is None:
            self._window.notify("A temporary conversation has no file whose path could be copied.")
        else:
            self._window.post(CopyText(str(path), "path"))


def _item(target: Target, message: ChatMessage) -> MessageItem | None:
    """What a target is in the list of things in its message; `None` for empty code."""
    if target.kind is TargetKind.CODE:
        text = written_text(message, MessageZone(target.place[0]))
        return code_item(text, int(target.value))
    files = map(file_item, attached_parts(message.parts))
    return next((each for each in files if each.digest == target.value), None)
