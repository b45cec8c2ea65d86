"""The viewport shows the lines that a list of all lines would, whatever was estimated."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList
from tests.examples import examples
from tests.ui.widgets.transcript.fake_document import FakeDocuments
from tests.ui.widgets.transcript.transcript_app import upsert

HEAD = 2


def reply(number: int, lines: int, *, final: bool = True) -> ChatMessage:
    return ChatMessage(
        id=f"m{number}",
        conversation_id="a",
        parent_id=None,
        role=Role.ASSISTANT,
        text="\n".join("x" for _ in range(lines)),
        status=MessageStatus.COMPLETE if final else MessageStatus.STREAMING,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@dataclass
class Model:
    """Every line of every message, which no transcript could afford."""

    lines: list[int]
    rows: int
    folded: set[int] = field(default_factory=set)
    top: int = 0
    sticks: bool = True
    positions: list[LinePosition] = field(default_factory=list)

    def lay_out(self) -> None:
        self.positions = [
            LinePosition(index, line)
            for index, lines in enumerate(self.lines)
            for line in range((1 if index in self.folded else lines) + HEAD)
        ]

    @property
    def last_top(self) -> int:
        return max(0, len(self.positions) - self.rows)

    def move(self, lines: int) -> None:
        self.top = max(0, min(self.top + lines, self.last_top))
        below = self.last_top - self.top
        self.sticks = below == 0 or (lines >= 0 and below <= 3)

    def view(self) -> list[LinePosition]:
        return self.positions[self.top : self.top + self.rows]


def reading(counts: list[int], rows: int) -> tuple[Viewport, Model]:
    viewport = Viewport(VirtualList(FakeDocuments()))
    viewport.resize(80, rows)
    viewport.open([reply(number, lines) for number, lines in enumerate(counts)], None)
    model = Model(counts, rows)
    model.lay_out()
    model.top = model.last_top
    return viewport, model


counts = st.lists(st.integers(1, 12), min_size=1, max_size=12)
moves = st.tuples(st.just("move"), st.integers(-30, 30))
growth = st.tuples(st.just("grow"), st.integers(0, 20))
heights = st.tuples(st.just("resize"), st.integers(1, 25))
folds = st.tuples(st.just("fold"), st.integers(0, 20))
ends = st.tuples(st.sampled_from(["start", "end"]), st.just(0))


@examples(150)
@given(counts, st.integers(1, 25), st.lists(moves | growth | heights | folds | ends, max_size=12))
def test_the_view_is_a_window_on_all_lines(
    counts: list[int], rows: int, steps: list[tuple[str, int]]
) -> None:
    viewport, model = reading(counts, rows)
    for step, number in steps:
        match step:
            case "move":
                viewport.scroll_by(number)
                model.move(number)
            case "grow":
                grow(viewport, model, number)
            case "fold":
                fold(viewport, model, number)
            case "resize":
                viewport.resize(80, number)
                model.rows = number
                model.top = model.last_top if model.sticks else min(model.top, model.last_top)
            case "start":
                viewport.scroll_to_start()
                model.move(-len(model.positions))
            case _:
                viewport.scroll_to_end()
                model.top, model.sticks = model.last_top, True
        assert seen(viewport) == model.view()
        assert viewport.sticks_to_end == model.sticks
        assert viewport.lines_below >= 0


def seen(viewport: Viewport) -> list[LinePosition]:
    """The positions in view, their lines numbered from the top of each message."""
    numbers = [
        viewport.message_list.layout(position.message).line_number(position.line)
        for position in viewport.positions
    ]
    return [
        LinePosition(position.message, number)
        for position, number in zip(viewport.positions, numbers, strict=True)
    ]


def fold(viewport: Viewport, model: Model, number: int) -> None:
    """Fold or unfold a message of the view; the line with its header stays where it is."""
    position = viewport.positions[number % len(viewport.positions)]
    header = LinePosition(position.message, 1)
    row = viewport.positions.index(header) if header in viewport.positions else 0
    message = viewport.message_list.messages[header.message]
    viewport.refold(header, lambda: viewport.message_list.folds.toggle(message))
    model.folded ^= {header.message}
    model.lay_out()
    model.top = max(0, min(model.positions.index(header) - row, model.last_top))
    model.sticks = model.top == model.last_top


def grow(viewport: Viewport, model: Model, number: int) -> None:
    index = min(number, len(model.lines))
    if index == len(model.lines):
        model.lines.append(0)
    model.lines[index] += 1 + number % 3
    message = reply(index, model.lines[index], final=number % 2 == 0)
    anchor = model.positions[model.top]
    model.lay_out()
    model.top = model.last_top if model.sticks else model.positions.index(anchor)
    assert upsert(viewport, message)
    assert not upsert(viewport, replace(message))


@examples(100)
@given(counts, st.integers(1, 25), st.integers(0, 300))
def test_a_jump_lands_on_some_line_and_the_ends_are_the_ends(
    counts: list[int], rows: int, offset: int
) -> None:
    viewport, model = reading(counts, rows)
    viewport.scroll_to_offset(offset)
    top = model.positions.index(seen(viewport)[0])
    assert seen(viewport) == model.positions[top : top + rows]
    viewport.scroll_to_offset(0)
    assert viewport.top == LinePosition(0, 0)
    viewport.scroll_to_end()
    assert seen(viewport)[-1] == model.positions[-1]


def test_lines_are_new_below_where_the_view_left_the_end() -> None:
    viewport, _ = reading([40], 10)
    viewport.scroll_by(-5)
    assert viewport.new_lines == 0
    upsert(viewport, reply(0, 47))
    assert viewport.new_lines == 7
    upsert(viewport, reply(1, 3, final=False))
    assert viewport.new_lines == 12
    viewport.scroll_by(8)
    assert viewport.new_lines == 9
    viewport.resize(40, 10)
    assert viewport.new_lines > 0
    viewport.scroll_to_end()
    assert viewport.new_lines == 0
