"""Mermaid fences: a drawing where there is one that fits, else the source."""

import pytest

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette

SOURCE = "graph LR\nA --> B\n"
FENCE = f"```mermaid\n{SOURCE}```\n"
WIDE = tuple((row, 30) for row in ("┌" + "─" * 28 + "┐", "│" + " " * 28 + "│"))
NARROW = (("┌───┐", 5), ("│ A │", 5))


def drawn(text: str, width: int, *drawings, complete: bool = True) -> list[str]:
    asked: list[str] = []

    def draw(source: str):
        asked.append(source)
        return drawings

    document = Document(Palette.colourless(), diagrams=draw)
    document.update(text, complete=complete)
    assert set(asked) <= {SOURCE}
    return [line.plain.rstrip() for line in document.lines(width)]


def test_the_widest_drawing_that_fits_is_drawn_below_the_label() -> None:
    assert drawn(FENCE, 40, WIDE, NARROW) == [" mermaid" + " " * 27 + "copy", *_rows(WIDE)]
    assert drawn(FENCE, 30, WIDE, NARROW)[1:] == _rows(NARROW)
    assert drawn(f"- a\n\n  {FENCE.replace(chr(10), chr(10) + '  ')}", 40, NARROW)[3:5] == [
        f"  {row}" for row in _rows(NARROW)
    ]


@pytest.mark.parametrize(
    ("text", "drawings"),
    [
        (FENCE, ()),
        (FENCE, (WIDE,)),
        (FENCE, ((("❤ joined", 99),),)),
        (FENCE, ((),)),
        (FENCE.removesuffix("```\n"), (NARROW,)),
        (FENCE.replace("mermaid", "python"), (NARROW,)),
        (f"    {SOURCE}", (NARROW,)),
    ],
    ids=["none", "too wide", "other widths", "empty", "open", "other code", "indented"],
)
def test_the_source_stays_where_there_is_no_drawing_that_is_right(text, drawings) -> None:
    assert " graph LR" in drawn(text, 20, *drawings)


def test_a_long_diagram_is_drawn_whole_once_it_is_closed() -> None:
    source = "graph LR\n" + "A --> B\n" * 200
    document = Document(Palette.colourless(), diagrams=lambda found: [NARROW] * (found == source))
    for end in range(0, len(source), 300):
        document.update(f"```mermaid\n{source[:end]}", complete=False)
        document.lines(40)
    document.update(f"```mermaid\n{source}```\n\nend", complete=False)
    lines = [line.plain.rstrip() for line in document.lines(40)]
    assert lines == [" mermaid" + " " * 27 + "copy", *_rows(NARROW), "", "end"]
    document.update(f"```mermaid\n{source}A --> B\n" * 2, complete=True)
    assert not set(_rows(NARROW)) & {line.plain.rstrip() for line in document.lines(40)}


def _rows(drawing) -> list[str]:
    return [f" {row}" for row, _ in drawing]
