"""Hints over a transcript, on any screen: what is done there that needs nothing but the text."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING

from fakegpt_tui.domain.captions import tool_text
from fakegpt_tui.ui.dialogs.link import ask_about_link
from fakegpt_tui.ui.markdown.sections import section_text
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.widgets.transcript.appearance import REASONING_FOLD
from fakegpt_tui.ui.widgets.transcript.code_blocks import code_at
from fakegpt_tui.ui.widgets.transcript.hint_targets import Spot, Target, TargetKind
from fakegpt_tui.ui.widgets.transcript.hints import HOME_ROW, Actions, HintAction, Hints
from fakegpt_tui.ui.widgets.transcript.line_ids import MessageZone, written_text
from fakegpt_tui.ui.widgets.transcript.part_captions import part_of
from fakegpt_tui.ui.widgets.transcript.view import Transcript

if TYPE_CHECKING:
    from textual.widget import Widget

    from fakegpt_tui.domain import ChatMessage

READING: Actions = MappingProxyType(
    {
        TargetKind.LINK: (HintAction.OPEN, HintAction.COPY),
        TargetKind.CODE: (HintAction.COPY,),
        TargetKind.FOLD: (HintAction.FOLD, HintAction.COPY),
        TargetKind.MESSAGE: (HintAction.COPY,),
    }
)
"""What can be done where text is only read."""


class TranscriptHints:
    """Shows hints over a transcript, opens links, copies, and folds."""

    actions: Actions = READING

    def __init__(
        self,
        transcript: Transcript,
        tell: Callable[[str], object],
        warn: Callable[[str], object],
        letters: Callable[[], str],
    ) -> None:
        """Show nothing yet.

        Args:
            transcript: What the hints are over.
            tell: Says what can be typed; called with an empty text when the hints end.
            warn: Says why there are no hints, or why they ended.
            letters: Returns the letters for hints, the best ones first.
        """
        self._letters = letters
        self._transcript = transcript
        self.tell = tell
        self._warn = warn
        self._came_from: Widget | None = None

    def show(self) -> None:
        """Show hints; what is typed belongs to them, wherever the focus was."""
        transcript = self._transcript
        style = transcript.get_component_rich_style("transcript--badge")
        hints = Hints(transcript.viewport, style, self, self.actions, self._letters() or HOME_ROW)
        if hints.is_empty:
            self._warn("There is nothing in view that a hint could be on.")
            return
        self._came_from = transcript.screen.focused
        transcript.screen.set_focus(transcript)
        transcript.hints = hints
        self.tell(hints.words)
        transcript.repaint_changes()

    def end(self, reason: str) -> None:
        """Show no hints any more, and give the focus back."""
        transcript, before = self._transcript, self._came_from
        transcript.hints = None
        self.tell("")
        transcript.repaint_changes()
        if before is not None and transcript.has_focus:
            transcript.screen.set_focus(before)
        if reason:
            self._warn(reason)

    def act(self, spot: Spot, action: HintAction) -> None:
        """Do something with a target."""
        message_list, target = self._transcript.message_list, spot.target
        message = message_list.messages[message_list.index_of(target.message_id) or 0]
        self.end("")
        match target.kind, action:
            case TargetKind.LINK, HintAction.OPEN:
                ask_about_link(self._transcript.screen, str(target.value))
            case TargetKind.FOLD, HintAction.FOLD:
                self._transcript.act_on(spot.position, {"fold": target.value})
            case kind, HintAction.COPY if kind in READING:
                self._copy(_text_of(target, message), target)
            case _:
                self.act_on_more(target, message, action)

    def act_on_more(self, target: Target, message: ChatMessage, action: HintAction) -> None:
        """Do what is not possible everywhere."""
        raise NotImplementedError

    def _copy(self, text: str, target: Target) -> None:
        if text:
            self._transcript.screen.post_message(CopyText(text, target.kind))
        else:
            self._warn("There is nothing in it.")


def _text_of(target: Target, message: ChatMessage) -> str:
    """What is copied of a target."""
    match target.kind, target.value:
        case TargetKind.LINK, str(href):
            return href
        case TargetKind.CODE, int(start):
            return code_at(written_text(message, MessageZone(target.place[0])), start, start + 1)
        case TargetKind.FOLD, int(start):
            return section_text(written_text(message, MessageZone(target.place[0])), start)
        case TargetKind.FOLD, fold if fold == REASONING_FOLD:
            return message.reasoning
        case TargetKind.FOLD, str(fold) if part := part_of(fold, message.parts):
            return tool_text(part)
        case _:
            return message.text
