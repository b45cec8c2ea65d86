"""Command palette: every command of the keymap, and conversations by title."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import command_action
from fakegpt_tui.ui.keymap import COMMANDS, Command
from fakegpt_tui.ui.screens.chat import ChatScreen

_WORDS_FOUND = 1.0
_LETTERS_FOUND = 0.5
_MOST_CONVERSATIONS = 20
"""Drawing a hit costs far more than finding it."""


class ChatCommands(Provider):
    """Feeds the palette. Titles are foreign text, so each hit is made of `Content`."""

    async def discover(self) -> Hits:
        for command in _commands():
            yield DiscoveryHit(self._display(command), self._run(command), text=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in _commands():
            if score := _score(command, query, matcher):
                yield Hit(score, self._display(command), self._run(command), text=command.help)
        for conversation_id, title in islice(self._titled(query), _MOST_CONVERSATIONS):
            display = Content.assemble("Open  ", title)
            yield Hit(_WORDS_FOUND, display, self._open(conversation_id), text=title)

    def _titled(self, query: str) -> Iterable[tuple[str, str]]:
        if isinstance(self.screen, ChatScreen):
            wanted = query.casefold()
            for row in self.screen.state.rows:
                title = safe_line(row.title)
                if wanted in title.casefold():
                    yield row.id, title

    def _display(self, command: Command) -> Content:
        changed = self.screen.state.keys if isinstance(self.screen, ChatScreen) else {}
        keys = changed.get(command.id, command.keys).replace(",", ", ")
        doors = "  ".join(part for part in (command.slash, keys) if part)
        return Content.assemble(command.help, ("  " + doors, "dim"))

    def _run(self, command: Command) -> Callable[[], object]:
        return partial(self.screen.run_action, command_action(command))

    def _open(self, conversation_id: str) -> Callable[[], object]:
        action = f"run_command('conversations', 'open', {conversation_id!r})"
        return partial(self.screen.run_action, action)


def _commands() -> Iterable[Command]:
    return (command for command in COMMANDS if command.slash)


def _score(command: Command, query: str, matcher: Matcher) -> float:
    """How well a command fits. Letters in order are looked for in its names alone: any few letters
    are somewhere in a sentence."""
    described = f"{command.slash} {command.label} {command.help}".casefold()
    if all(word in described for word in query.casefold().split()):
        return _WORDS_FOUND
    named = max(matcher.match(command.label), matcher.match(command.slash))
    return min(named, 1.0) * _LETTERS_FOUND
