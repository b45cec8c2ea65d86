"""Command values: what may be typed behind slash commands on the screen, paths included."""

import asyncio
from collections.abc import Collection, Sequence

from fakegpt_tui.chat.argument_values import ArgumentValues
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.keymap.argument_kinds import ArgumentQuestion, ArgumentValue
from fakegpt_tui.ui.options import EffectiveSetting, Options
from fakegpt_tui.ui.path_completion import list_names
from fakegpt_tui.ui.state import ChatState


class ChatCommandValues:
    """Answers for the open conversation, as of the moment at which a slash was typed."""

    def __init__(self, chat: ChatService, state: ChatState, options: Options) -> None:
        self._options = options
        self._values = ArgumentValues(chat, lambda: state.open, self._settings)
        self._folders: dict[str, Sequence[str]] = {}

    def __call__(self, question: ArgumentQuestion) -> Sequence[ArgumentValue] | None:
        """The values that are known."""
        if question.kind.name != "PATH":
            return self._values(question)
        folder = _folder(question.typed)
        return [ArgumentValue(f"{folder}{name}") for name in self._folders.get(folder, ())]

    async def load(self, kinds: Collection[str], typed: str) -> None:
        """Ask for what is needed to know the values of these kinds."""
        if "PATH" in kinds:
            folder = _folder(typed)
            self._folders[folder] = await asyncio.to_thread(list_names, folder)
        await self._values.load(kinds)

    async def _settings(self) -> Sequence[EffectiveSetting]:
        repository = self._options.settings
        return () if repository is None else await repository.settings()


def _folder(typed: str) -> str:
    return typed[: typed.rfind("/") + 1]
