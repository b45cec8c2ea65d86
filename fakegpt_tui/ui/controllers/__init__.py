"""Controllers: the commands of the main screen, by what they are about."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fakegpt_tui.ui.messages import (
    ApplySetting,
    PromptEdited,
    PromptNotSaved,
    Report,
    ShowNotice,
    TurnFinished,
    TurnStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.ui.command_values import ChatCommandValues
    from fakegpt_tui.ui.controllers.attachments import AttachmentController
    from fakegpt_tui.ui.controllers.conversations import ConversationController
    from fakegpt_tui.ui.controllers.files import FileController
    from fakegpt_tui.ui.controllers.folders import FolderController
    from fakegpt_tui.ui.controllers.generation import GenerationController
    from fakegpt_tui.ui.controllers.held_prompts import HeldPrompts
    from fakegpt_tui.ui.controllers.hints import HintController
    from fakegpt_tui.ui.controllers.items import ItemController, LinkController
    from fakegpt_tui.ui.controllers.messages import MessageController
    from fakegpt_tui.ui.controllers.pictures import PictureController
    from fakegpt_tui.ui.controllers.prompt import PromptController
    from fakegpt_tui.ui.controllers.prompt_texts import RecallController, SnippetController
    from fakegpt_tui.ui.controllers.services import ServiceController
    from fakegpt_tui.ui.controllers.settings import SettingsController
    from fakegpt_tui.ui.controllers.side_by_side import SideBySideController
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.state import ChatState
    from fakegpt_tui.ui.window import Window


class Controllers:
    """The controllers of one main screen; the keymap names them as the properties are named.

    Each is imported when something asks for it, so that the first reply waits for few of them.
    """

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        options: Options,
        *,
        start_turn: Callable[[Turn], None],
    ) -> None:
        """`start_turn` has a turn run, whichever screen is shown."""
        self._chat = chat
        self._state = state
        self._window = window
        self._options = options
        self._start_turn = start_turn

    def command_values(self) -> ChatCommandValues:
        """What arguments of commands may be, as of now."""
        from fakegpt_tui.ui.command_values import ChatCommandValues  # noqa: PLC0415 - when typed

        return ChatCommandValues(self._chat, self._state, self._options)

    def take_report(self, report: Report) -> None:
        """Handle what a worker reports."""
        match report:
            case TurnStarted():
                self.prompt.remember(report)
            case TurnFinished():
                self.prompt.finish_turn(report)
            case PromptNotSaved():
                self.prompt.take_back(report)
            case PromptEdited():
                self.prompt.take_edited(report)
            case ApplySetting():
                self.settings.apply(report)
            case ShowNotice():
                self._window.notify(report.text, while_true=report.while_true)
            case _:
                pass

    @cached_property
    def attachments(self) -> AttachmentController:
        from fakegpt_tui.ui.controllers.attachments import AttachmentController  # noqa: PLC0415 - see above

        return AttachmentController(self._chat, self._state, self._window)

    @cached_property
    def prompt(self) -> PromptController:
        from fakegpt_tui.ui.controllers.prompt import PromptController  # noqa: PLC0415 - see above

        return PromptController(
            self._chat,
            self._state,
            self._window,
            start_turn=self._start_turn,
            hold=self._hold,
        )

    def _hold(self, text: str) -> None:
        self.held_prompts.send(text)

    @cached_property
    def held_prompts(self) -> HeldPrompts:
        from fakegpt_tui.ui.controllers.held_prompts import HeldPrompts  # noqa: PLC0415 - see above

        return HeldPrompts(
            self._chat,
            self._state,
            self._window,
            self.attachments,
            ask=self.prompt.ask,
            start_turn=self._start_turn,
            choose_model=self.services.choose_model,
        )

    @cached_property
    def recall(self) -> RecallController:
        from fakegpt_tui.ui.controllers.prompt_texts import RecallController  # noqa: PLC0415 - see above

        return RecallController(self._chat, self._state, self._window, start_turn=self._start_turn)

    @cached_property
    def snippets(self) -> SnippetController:
        from fakegpt_tui.ui.controllers.prompt_texts import SnippetController  # noqa: PLC0415 - see above

        folder = self._options.snippets_folder
        return SnippetController(self._window, self.attachments, folder)

    @cached_property
    def conversations(self) -> ConversationController:
        from fakegpt_tui.ui.controllers.conversations import ConversationController  # noqa: PLC0415 - see above

        return ConversationController(
            self._chat,
            self._state,
            self._window,
            self._options.clock,
            rename_folder=lambda path: self.folders.rename(path),  # noqa: PLW0108 - see above
            delete_folder=lambda path: self.folders.delete(path),  # noqa: PLW0108 - see above
        )

    @cached_property
    def folders(self) -> FolderController:
        from fakegpt_tui.ui.controllers.folders import FolderController  # noqa: PLC0415 - see above

        return FolderController(
            self._chat, self._state, self._window, self._options, self.conversations
        )

    @cached_property
    def messages(self) -> MessageController:
        from fakegpt_tui.ui.controllers.messages import MessageController  # noqa: PLC0415 - see above

        return MessageController(
            self._chat,
            self._state,
            self._window,
            self.conversations.open,
            self._options.clock,
            start_turn=self._start_turn,
        )

    @cached_property
    def files(self) -> FileController:
        from fakegpt_tui.ui.controllers.files import FileController  # noqa: PLC0415 - see above

        return FileController(self._chat, self._state, self._window, self._options.exports)

    @cached_property
    def hints(self) -> HintController:
        from fakegpt_tui.ui.controllers.hints import HintController  # noqa: PLC0415 - see above

        return HintController(
            *(self._chat, self._state, self._window, self.items),
            messages=lambda: self.messages,
            letters=self._options.hint_letters,
        )

    @cached_property
    def items(self) -> ItemController:
        from fakegpt_tui.ui.controllers.items import ItemController  # noqa: PLC0415 - see above

        return ItemController(self._chat, self._state, self._window, self.pictures.view_item)

    @cached_property
    def links(self) -> LinkController:
        from fakegpt_tui.ui.controllers.items import LinkController  # noqa: PLC0415 - see above

        return LinkController(self._window)

    @cached_property
    def pictures(self) -> PictureController:
        from fakegpt_tui.ui.controllers.pictures import PictureController  # noqa: PLC0415 - see above

        return PictureController(self._chat, self._state, self._window)

    @cached_property
    def services(self) -> ServiceController:
        from fakegpt_tui.ui.controllers.services import ServiceController  # noqa: PLC0415 - see above

        return ServiceController(self._chat, self._state, self._window, self._options)

    @cached_property
    def settings(self) -> SettingsController:
        from fakegpt_tui.ui.controllers.settings import SettingsController  # noqa: PLC0415 - see above

        return SettingsController(self._chat, self._state, self._window, self._options)

    @cached_property
    def generation(self) -> GenerationController:
        from fakegpt_tui.ui.controllers.generation import GenerationController  # noqa: PLC0415 - see above

        return GenerationController(
            self._chat, self._state, self._window, self._options, self.attachments
        )

    @cached_property
    def side_by_side(self) -> SideBySideController:
        from fakegpt_tui.ui.controllers.side_by_side import SideBySideController  # noqa: PLC0415 - see above

        return SideBySideController(
            self._chat,
            self._state,
            self._window,
            self._options,
            self.attachments,
            start_turn=self._start_turn,
        )
