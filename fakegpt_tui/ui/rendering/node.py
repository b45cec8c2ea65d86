"""A Markdown block as a value: what a construct is drawn from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One block, or a piece of one.

    `source` is where it stands in the message, `rows` where each of its lines begins and the last
    one ends. `blank` says whether the line above it is empty. `continued` marks a piece that goes
    on from the piece before; the fields after it are what such a piece has to know.
    """

    kind: str
    content: str = ""
    markup: str = ""
    info: str = ""
    align: str = "left"
    children: "tuple[Node, ...]" = ()
    source: tuple[int, int] = (0, 0)
    rows: tuple[int, ...] = ()
    blank: bool = False
    number: int = 1
    continued: bool = False
    glue: str = " "
    widths: tuple[int, ...] = ()
