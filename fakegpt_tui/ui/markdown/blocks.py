"""Markdown blocks as values, the limits at which they are split, and the tags of sections."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """In characters. A `flow` has to be longer than a `head`.

    `piece`: a paragraph is cut after these at the first place where nothing is open, or after
    `longest_piece` where something still is. `head`: text above an underline, a table's header, or
    the line of bars below it, is none of these where it is longer. `flow`: a paragraph begins a new
    line after these, at the next line end; where there is none for as long as a head may be, at a
    space `near` by, or anywhere. `at_once`: how much is read at a time.
    """

    fragment: int = 1_024
    longest_fragment: int = 8_192
    header: int = 16_384
    flow: int = 32_768
    near: int = 1_024
    read_step: int = 16_384


DEFAULT_LIMITS = Limits()


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


SECTIONS = ("think", "thinking", "thought", "reasoning", "analysis")
"""Tags that begin a foldable section when they stand alone on a line."""


def has_section(text: str) -> bool:
    """Whether there may be something to fold in `text`."""
    return any(f"<{name}>" in text for name in SECTIONS)
