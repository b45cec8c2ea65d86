"""Command palette: every command of the keymap and every conversation, to be run or opened."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from fakegpt_tui.attachments.snippets import Snippet
from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.keymap.command_grammar import snippet_commands
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.pick import ListScreen, nothing_fits
from fakegpt_tui.ui.options import ChoiceMemory
from fakegpt_tui.ui.slash_commands import (
    CommandMatch,
    MatchRank,
    commands_by_group,
    first_choice,
    matching_commands,
    screen_action,
)
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.terminal.output import repaint_now
from fakegpt_tui.ui.widgets.command_completion import command_columns
from fakegpt_tui.ui.widgets.text_field import TextField

_MAX_CONVERSATIONS = 20
_SCROLL_BAR = 1
"""Cells beside the rows."""
_RECENT = "recent_commands"
_MAX_RECENT = 5
_UNDO = "list.undo"


class DescribeUndo(Protocol):
    """Says what would be taken back; with `tells` that counts as told."""

    def __call__(self, *, tells: bool = False) -> str: ...


class PaletteScreen(ListScreen[str | None]):
    """The commands and conversations that fit; dismissed with the id of a command, or an action.

    The list follows from what is typed at once, so that Enter cannot take what fitted before.
    """

    CSS_PATH = ["dialog.tcss", "palette.tcss"]

    def __init__(
        self,
        state: ChatState,
        recent: Iterable[str],
        snippets: Sequence[Command],
        undo: str,
    ) -> None:
        """`recent` are the ids of the commands that were run last; `snippets` are commands, too.

        `undo` says what would be taken back.
        """
        super().__init__()
        self._undo = undo
        self._snippets = snippets
        self._state = state
        self._recent = tuple(recent)
        self._shown: str | None = None

    def compose(self) -> ComposeResult:
        with DialogFrame("palette"):
            yield TextField(placeholder="Name of a command or conversation", compact=True)
            yield OptionList(compact=True, markup=False)

    def on_idle(self) -> None:
        repaint_now(self)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Commands", "enter run · esc close")
        # The rows need a width, and a pushed screen is not told of its first size.
        self.call_after_refresh(self.on_resize)

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_resize(self) -> None:
        self._show(self.query_one(Input).value)

    @on(Input.Submitted)
    def run_highlighted(self, event: Input.Submitted) -> None:
        self._show(event.value, keep=True)
        if (option := self.options.highlighted_option) is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def run_chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def _show(self, query: str, *, keep: bool = False) -> None:
        """Show what fits; `keep` leaves a list alone that is of this query already."""
        if keep and query == self._shown:
            return
        self._shown = query
        self.options.clear_options()
        titled = list(islice(self._titled(query), _MAX_CONVERSATIONS))
        opening = [Option(f"Open {title}", id=_opening(each)) for each, title in titled]
        if not query.strip():
            self.options.add_options([*self._grouped(), *_under("Conversations", opening)])
            self.options.highlighted = 1
            return
        matches = matching_commands(query, self._snippets, described=True)
        self.options.add_options([*map(self._row, matches), *opening] or [nothing_fits()])
        first = first_choice(matches)
        self.options.highlighted = 0 if first is None and titled and not matches else first

    def _grouped(self) -> Iterator[Option]:
        """All commands under the names of their groups, those that were run last first."""
        known = (*COMMANDS, *self._snippets)
        by_id = {command.id: command for command in known if command.slash}
        last = [by_id[each] for each in self._recent if each in by_id]
        groups = {"Recent": last, **commands_by_group(), "Snippets": self._snippets}
        for name, commands in groups.items():
            shown = [each for each in commands if name == "Recent" or each not in last]
            matches = (CommandMatch(each, each.slash, MatchRank.PREFIX) for each in shown)
            yield from _under(name, map(self._row, matches))

    def _titled(self, query: str) -> Iterable[tuple[str, str]]:
        wanted = query.casefold()
        for row in self._state.rows:
            title = safe_line(row.title)
            if wanted in title.casefold():
                yield row.id, title

    def _row(self, match: CommandMatch) -> Option:
        command = match.command
        if command.id == _UNDO and self._undo:
            command = replace(command, help=self._undo)
        keys = self._state.keys.get(command.id, command.keys)
        # An alias is shown where it is what was typed.
        width = self.query_one(DialogFrame).size.width - _SCROLL_BAR
        name, description, shown = command_columns(command, match.name, keys, width)
        return Option(Content.assemble((name, "bold"), description, shown), id=command.id)


def _under(name: str, rows: Iterable[Option]) -> Iterator[Option]:
    """Rows under a heading; nothing where there are none."""
    options = list(rows)
    if options:
        yield Option(Content.styled(name, "bold $primary"), disabled=True)
    yield from options


def open_palette(
    screen: Screen[None],
    state: ChatState,
    memory: ChoiceMemory,
    snippets: Mapping[str, Snippet],
    describe_undo: DescribeUndo,
) -> None:
    """Let the user choose a command, and run it on the main screen."""
    said = {name: snippet.description for name, snippet in snippets.items()}
    own = snippet_commands(said)
    recent = (memory.get(_RECENT) or "").split()

    async def run(chosen: str | None) -> None:
        command = next((each for each in (*COMMANDS, *own) if each.id == chosen), None)
        if command is not None:
            last = [command.id, *(each for each in recent if each != command.id)]
            if command.id == _UNDO:
                describe_undo(tells=True)
            await memory.remember({_RECENT: " ".join(last[:_MAX_RECENT])})
            await screen.run_action(screen_action(command))
        elif chosen is not None:
            await screen.run_action(chosen)

    screen.app.push_screen(PaletteScreen(state, recent, own, describe_undo()), run)


def _opening(conversation_id: str) -> str:
    return f"run_command('conversations', 'open', ({conversation_id!r},))"
