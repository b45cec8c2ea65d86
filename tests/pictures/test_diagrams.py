"""Diagrams that are drawn as text, in a process with limits."""

import asyncio

import pytest

from fakegpt_tui.pictures.diagrams import draw_diagram, is_drawable

KINDS = {
    "flowchart TD\n A[One] --> B{Two}": ["One", "Two"],
    "%% a comment\ngraph LR\n A[One] --> B[二つ]": ["One", "二つ"],
    "sequenceDiagram\n One->>Two: hello": ["One", "Two", "hello"],
    "---\ntitle: x\n---\nstateDiagram-v2\n [*] --> One": ["One"],
    "classDiagram\n One <|-- Two\n One : +int age": ["One", "Two", "+int age"],
    "erDiagram\n ONE ||--o{ TWO : places": ["ONE", "TWO", "places"],
    "gantt\n dateFormat YYYY-MM-DD\n section S\n One :a, 2024-01-01, 3d": ["One"],
    'pie title Two\n "One" : 386': ["One", "Two"],
    "graph LR\n A[One<br/>Two] --> B": ["One", "Two"],
}


async def test_every_kind_is_drawn_widest_first_and_says_what_it_says() -> None:
    drawn = await asyncio.gather(*map(draw_diagram, KINDS))
    for words, drawings in zip(KINDS.values(), drawn, strict=True):
        assert len(drawings) == 2
        widths = [max(cells for _, cells in drawing) for drawing in drawings]
        assert widths == sorted(widths, reverse=True)
        for drawing in drawings:
            text = "\n".join(row for row, _ in drawing)
            assert all(word in text for word in words), text
            assert "-->" not in text


async def test_lines_can_be_of_ascii() -> None:
    (drawing, *_) = await draw_diagram("graph LR\n A --> B", use_ascii=True)
    assert all(row.isascii() for row, _ in drawing)


def test_other_kinds_and_what_is_too_long_are_left_as_they_are() -> None:
    assert not is_drawable("mindmap\n a")
    assert not is_drawable("flow")
    assert not is_drawable("flowcharts\n")
    assert not is_drawable(f"pie\n{'x' * 20_000}")
    assert not is_drawable("\n" * 20_000)


@pytest.mark.parametrize(
    "source",
    [
        "flowchart TD\n" + "subgraph s\n" * 900 + "end\n" * 900,
        "gantt\n dateFormat YYYY-MM-DD\n T :a, 0001-01-01, 99999999d",
        "pie\n \x00\x1b[2J\ud800",
    ],
    ids=["nested", "dates", "controls"],
)
async def test_what_cannot_be_drawn_has_no_drawing(source: str) -> None:
    for drawing in await draw_diagram(source):
        assert all(row.isprintable() for row, _ in drawing)


@pytest.mark.long
@pytest.mark.parametrize(
    "source",
    [
        f"flowchart TD\n {' & '.join(f'a{n}' for n in range(50))} --> "
        f"{' & '.join(f'b{n}' for n in range(50))}",
        "stateDiagram-v2\n" + "\n".join(f"A{n} --> B{m}" for n in range(30) for m in range(30)),
        "sequenceDiagram\n" + "\n".join(f"A{n}->>B{n}: x" for n in range(900)),
    ],
    ids=["edges", "states", "memory"],
)
async def test_a_hostile_diagram_is_given_up_and_holds_nothing_up(source: str) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    counting = asyncio.create_task(count())
    assert await draw_diagram(source) == ()
    counting.cancel()
    assert turns > 20
