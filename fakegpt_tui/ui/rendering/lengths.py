"""How long text may be before it is parted, where a reader or a parser may notice."""

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
