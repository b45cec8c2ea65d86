"""First page widget: what an empty conversation shows, with rows of what can be done first."""

from collections.abc import Iterator, Mapping, Sequence

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from fakegpt_tui import __version__
from fakegpt_tui.domain import Service, ServiceKind
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import key_label
from fakegpt_tui.ui.widgets.drawing import RenderCache, fit, truncate

_SHARED_ACCOUNT = "The owner of a shared account can read what you send: send no secrets."
_WIDTH = 72
_KEY_WIDTH = 8
_COMMANDS_THAT_MATTER = (
    ("prompt.send", "sends"),
    ("app.next-pane", "to the rows"),
    ("app.help", "keys"),
)


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A row to choose: its label, the method of a controller that it runs, and the key for that."""

    label: str
    controller: str
    method: str
    arguments: tuple[str, ...] = ()
    command: str = ""
    """The id of the command with the same effect, whose key is shown."""


class FirstPage(RenderCache, Widget, can_focus=True):
    """Name and version, what answers, and the first steps, of which enter or a click takes one."""

    DEFAULT_CSS = """
    FirstPage {
        height: 1fr;
        & .first-page--name { color: $primary; text-style: bold; }
        & .first-page--muted { color: $text-muted; }
        & .first-page--warning { color: $warning; }
        & .first-page--key { color: $accent; }
        & .first-page--marked { background: $primary; color: $background; }
    }
    """
    COMPONENT_CLASSES = {
        f"first-page--{part}" for part in ("name", "muted", "warning", "key", "marked")
    }
    ALLOW_SELECT = False
    BINDINGS = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("enter", "choose", "Choose"),
    ]

    service: reactive[Service | None] = reactive(None)
    steps: reactive[Sequence[FirstStep]] = reactive(())
    keys: reactive[Mapping[str, str]] = reactive({})
    """The keys that are not as in the keymap, by the ids of their commands."""
    marked: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """A first step was chosen."""

        step: FirstStep

    @dataclass
    class Typed(Message):
        """Something was typed, which belongs into the prompt."""

        text: str

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            self.post_message(self.Typed(event.character))

    def watch_steps(self, before: Sequence[FirstStep], steps: Sequence[FirstStep]) -> None:
        """Keep the mark at the same step, where one can see it, or else in the same place."""
        marked = before[self.marked] if self.has_focus and before else None
        place = steps.index(marked) if marked in steps else self.marked
        self.marked = max(0, min(place, len(steps) - 1))

    def action_move(self, rows: int) -> None:
        if self.steps:
            self.marked = (self.marked + rows) % len(self.steps)

    def action_choose(self) -> None:
        if self.steps:
            self.post_message(self.Chosen(self.steps[self.marked]))

    def on_click(self, event: events.Click) -> None:
        place = event.y - self._top - len(self._above())
        if 0 <= place < len(self._rows()):
            self.post_message(self.Chosen(self.steps[self._first_step + place]))

    def render(self) -> Content:
        lines = [Content("")] * self._top + self._lines()
        left = max(0, (self.size.width - self._width) // 2)
        return Content("\n").join(Content(" " * left) + line for line in lines[: self.size.height])

    @property
    def _width(self) -> int:
        return max(1, min(_WIDTH, self.size.width - 2))

    @property
    def _top(self) -> int:
        """The blank rows above, which make the page stand a little above the middle."""
        return max(0, (self.size.height - len(self._lines())) * 2 // 5)

    def _lines(self) -> list[Content]:
        """The lines that there is room for; without room, the keys are left out first."""
        lines, below = [*self._above(), *self._rows()], [Content(""), self._shortcuts()]
        return [*lines, *below] if len(lines) + len(below) <= self.size.height else lines

    def _above(self) -> list[Content]:
        """The paragraphs of the introduction that there is room for above the rows."""
        room, shown = self.size.height - len(self.steps), [Content("")]
        for paragraph in reversed(list(self._paragraphs())):
            if len(paragraph) + len(shown) <= room:
                shown = [*paragraph, *shown]
        return shown[: max(0, room)]

    def _paragraphs(self) -> Iterator[Sequence[Content]]:
        muted = self._style("muted")
        name = Content.assemble(("fakegpt-tui", self._style("name")), (f" {__version__}", muted))
        yield name, Content("")
        yield (Content("A new conversation"),)
        yield Content.styled(safe_line(_who_answers(self.service), 400), muted).wrap(self._width)
        for warning in _warnings(self.service):
            yield Content.styled(warning, self._style("warning")).wrap(self._width)

    @property
    def _first_step(self) -> int:
        """The first step in view, where there is not even room for all of them."""
        return max(0, self.marked + 1 - self.size.height)

    def _rows(self) -> list[Content]:
        return [*self._all_rows()][self._first_step :]

    def _all_rows(self) -> Iterator[Content]:
        key_width = _KEY_WIDTH if self._width > 4 * _KEY_WIDTH else 0
        label_width = self._width - 2 - key_width - (1 if key_width else 0)
        for place, step in enumerate(self.steps):
            is_marked = place == self.marked and self.has_focus
            sign = "› " if is_marked else "  "
            text = f"{sign}{fit(safe_line(step.label), label_width)}"
            key = f" {fit(self._key(step.command), key_width)}" if key_width else ""
            if is_marked:
                yield Content.styled(text + key, self._style("marked"))
            else:
                yield Content.assemble(text, (key, self._style("key")))

    def _key(self, command_id: str) -> str:
        found = next((each for each in COMMANDS if each.id == command_id), None)
        keys = "" if found is None else self.keys.get(command_id, found.keys)
        return key_label(keys.partition(",")[0]) if keys else ""

    def _shortcuts(self) -> Content:
        parts = [
            Content.assemble((self._key(name), self._style("key")), f" {what}")
            for name, what in _COMMANDS_THAT_MATTER
            if self._key(name)
        ]
        line = Content("  ·  ").join(parts)
        return (
            line if line.cell_length <= self._width else Content(truncate(line.plain, self._width))
        )

    def _style(self, part: str) -> Style:
        return self.get_visual_style(f"first-page--{part}", partial=True)


def _warnings(service: Service | None) -> Iterator[str]:
    if service is not None and service.notice:
        yield safe_line(service.notice, 400)
    if service is not None and service.kind.has_accounts:
        yield _SHARED_ACCOUNT


def _who_answers(service: Service | None) -> str:
    if service is None:
        return "No answers: the service is no longer configured. F6 chooses another."
    if service.kind is ServiceKind.EMBEDDED:
        return (
            "The built-in guide answers. It is no language model: ask it about this program, "
            "say “show markdown”, or ask how to connect a real model."
        )
    return f"{service.name} answers, at {service.url}."
