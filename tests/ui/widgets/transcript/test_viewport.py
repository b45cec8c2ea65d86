"""Where the reader is: always what a list of all lines would say, whatever was estimated."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList
from tests.ui.widgets.transcript.fake_document import FakeDocuments

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
    follows: bool = True
    places: list[LinePosition] = field(default_factory=list)

    def lay_out(self) -> None:
        self.places = [
            LinePosition(index, line)
            for index, lines in enumerate(self.lines)
            for line in range((1 if index in self.folded else lines) + HEAD)
        ]

    @property
    def last_top(self) -> int:
        return max(0, len(self.places) - self.rows)

    def move(self, lines: int) -> None:
        self.top = max(0, min(self.top + lines, self.last_top))
        below = self.last_top - self.top
        self.follows = below == 0 or (lines >= 0 and below <= 3)

    def view(self) -> list[LinePosition]:
        return self.places[self.top : self.top + self.rows]


def reading(counts: list[int], rows: int) -> tuple[Viewport, Model]:
    reader = Viewport(VirtualList(FakeDocuments()))
    reader.resize(80, rows)
    reader.open([reply(number, lines) for number, lines in enumerate(counts)], None)
    model = Model(counts, rows)
    model.lay_out()
    model.top = model.last_top
    return reader, model


counts = st.lists(st.integers(1, 12), min_size=1, max_size=12)
moves = st.tuples(st.just("move"), st.integers(-30, 30))
growth = st.tuples(st.just("grow"), st.integers(0, 20))
heights = st.tuples(st.just("resize"), st.integers(1, 25))
folds = st.tuples(st.just("fold"), st.integers(0, 20))
ends = st.tuples(st.sampled_from(["start", "end"]), st.just(0))


@settings(deadline=None, max_examples=150)
@given(counts, st.integers(1, 25), st.lists(moves | growth | heights | folds | ends, max_size=12))
def test_the_view_is_a_window_on_all_lines(
    counts: list[int], rows: int, steps: list[tuple[str, int]]
) -> None:
    reader, model = reading(counts, rows)
    for step, number in steps:
        match step:
            case "move":
                reader.scroll_by(number)
                model.move(number)
            case "grow":
                grow(reader, model, number)
            case "fold":
                fold(reader, model, number)
            case "resize":
                reader.resize(80, number)
                model.rows = number
                model.top = model.last_top if model.follows else min(model.top, model.last_top)
            case "start":
                reader.scroll_to_start()
                model.move(-len(model.places))
            case _:
                reader.scroll_to_end()
                model.top, model.follows = model.last_top, True
        assert seen(reader) == model.view()
        assert reader.sticks_to_end == model.follows
        assert reader.lines_below >= 0


def seen(reader: Viewport) -> list[LinePosition]:
    """The places in view, their lines numbered from the top of each message."""
    numbers = [
        reader.message_list.layout(place.message).line_number(place.line)
        for place in reader.positions
    ]
    return [
        LinePosition(place.message, number)
        for place, number in zip(reader.positions, numbers, strict=True)
    ]


def fold(reader: Viewport, model: Model, number: int) -> None:
    """Fold or unfold a message of the view; the line with its header stays where it is."""
    place = reader.positions[number % len(reader.positions)]
    header = LinePosition(place.message, 1)
    row = reader.positions.index(header) if header in reader.positions else 0
    message = reader.message_list.messages[header.message]
    reader.refold(header, lambda: reader.message_list.folds.toggle(message))
    model.folded ^= {header.message}
    model.lay_out()
    model.top = max(0, min(model.places.index(header) - row, model.last_top))
    model.follows = model.top == model.last_top


def grow(reader: Viewport, model: Model, number: int) -> None:
    index = min(number, len(model.lines))
    if index == len(model.lines):
        model.lines.append(0)
    model.lines[index] += 1 + number % 3
    message = reply(index, model.lines[index], final=number % 2 == 0)
    anchor = model.places[model.top]
    model.lay_out()
    model.top = model.last_top if model.follows else model.places.index(anchor)
    assert reader.upsert(message)
    assert not reader.upsert(replace(message))


@settings(deadline=None, max_examples=100)
@given(counts, st.integers(1, 25), st.integers(0, 300))
def test_a_jump_lands_on_some_line_and_the_ends_are_the_ends(
    counts: list[int], rows: int, offset: int
) -> None:
    reader, model = reading(counts, rows)
    reader.scroll_to_offset(offset)
    top = model.places.index(seen(reader)[0])
    assert seen(reader) == model.places[top : top + rows]
    reader.scroll_to_offset(0)
    assert reader.top == LinePosition(0, 0)
    reader.scroll_to_end()
    assert seen(reader)[-1] == model.places[-1]


def test_lines_are_new_from_where_the_reader_stopped_following() -> None:
    reader, _ = reading([40], 10)
    reader.scroll_by(-5)
    assert reader.new_lines == 0
    reader.upsert(reply(0, 47))
    assert reader.new_lines == 7
    reader.upsert(reply(1, 3, final=False))
    assert reader.new_lines == 12
    reader.scroll_by(8)
    assert reader.new_lines == 9
    reader.resize(40, 10)
    assert reader.new_lines > 0
    reader.scroll_to_end()
    assert reader.new_lines == 0
