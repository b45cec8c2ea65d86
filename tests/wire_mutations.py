"""Mutations of what is sent over a wire: bytes that are odd to a reader of HTTP, and cuts."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

ODD = (b"\r\n", *b"\n \r \t \0 : , ; 0 5 X \xff".split(b" "), b" ", b"")

_CHANGES = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 2), st.sampled_from(ODD)), max_size=2
)
cuts = st.lists(st.integers(0, 400), max_size=4)


def mutated(streams: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """The same with some bytes replaced, added or left out."""
    return st.builds(_mutate, streams, _CHANGES)


def _mutate(data: bytes, changes: Sequence[tuple[int, int, bytes]]) -> bytes:
    for at, size, odd in changes:
        where = at % (len(data) + 1)
        data = data[:where] + odd + data[where + size :]
    return data


def cut_at(data: bytes, where: Sequence[int]) -> list[bytes]:
    """The pieces of it, none of which is empty."""
    borders = sorted({0, len(data), *(each % (len(data) + 1) for each in where)})
    return [data[start:end] for start, end in pairwise(borders)]
