"""Command values: what may be typed behind slash commands on the screen, paths included."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from fakegpt_tui.attachments.path_listing import list_names
from fakegpt_tui.chat.argument_values import DEFAULT, ArgumentValues
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.keymap.argument_kinds import (
    PATH_KINDS,
    ArgumentQuestion,
    ArgumentValue,
    OpenValues,
)
from fakegpt_tui.keymap.command_grammar import SNIPPET_ID
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.options import EffectiveSetting, Options
from fakegpt_tui.ui.state import ChatState

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet


class ChatCommandValues:
    """Answers for the open conversation, as of the moment at which a slash was typed."""

    def __init__(self, chat: ChatService, state: ChatState, options: Options) -> None:
        self._options = options
        self._values = ArgumentValues(chat, lambda: state.open, self._settings)
        self._folders: dict[str, Sequence[str]] = {}
        self._paths: Collection[str] = ()
        """Settings whose values are paths."""

    def __call__(self, question: ArgumentQuestion) -> Sequence[ArgumentValue] | None:
        """The values that are known."""
        if question.command.startswith(SNIPPET_ID):
            return self._of_snippet(question)
        is_setting = question.kind.name == "VALUE" and "".join(question.given) in self._paths
        if question.kind.name != "PATH" and not is_setting:
            return self._values(question)
        folder = _folder(question.typed)
        names = [f"{folder}{name}" for name in self._folders.get(folder, ())]
        return OpenValues(map(ArgumentValue, (*names, *([DEFAULT] if is_setting else []))))

    def _of_snippet(self, question: ArgumentQuestion) -> Sequence[ArgumentValue]:
        """The variables that can be given a value where a snippet's name is typed."""
        snippet = self._snippets.get(question.command.removeprefix(SNIPPET_ID))
        longer = {} if snippet is None else snippet.next_values(question.typed)
        return [
            ArgumentValue(text, f"else {safe_line(default)}" if default else "")
            for text, default in longer.items()
        ]

    @cached_property
    def _snippets(self) -> Mapping[str, Snippet]:
        return self._options.snippets()

    async def load(self, kinds: Collection[str], typed: str) -> None:
        """Ask for what is needed to know the values of these kinds."""
        if not PATH_KINDS.isdisjoint(kinds):
            folder = _folder(typed)
            self._folders[folder] = await asyncio.to_thread(list_names, folder)
        await self._values.load(kinds, typed)

    async def _settings(self) -> Sequence[EffectiveSetting]:
        repository = self._options.settings
        settings = () if repository is None else await repository.settings()
        self._paths = {each.name for each in settings if each.is_path}
        return settings


def _folder(typed: str) -> str:
    return typed[: typed.rfind("/") + 1]
