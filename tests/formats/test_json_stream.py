"""A scanner and a decoder find the elements of large arrays, wherever the chunks end."""

import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.json_stream import Undecoded, decode_array, iter_array
from tests.examples import examples

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
documents = st.recursive(
    scalars | st.sampled_from(['"', "\\", '\\"', "[", "]", "{", "}", ",", '"]', "\\\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


class Dripping:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._file = io.BytesIO(data)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._size))


def elements(data: bytes, *, size: int = 1000, largest: int = 1000) -> list[bytes | None]:
    return list(iter_array(Dripping(data, size), largest))


def decoded(data: bytes, *, size: int = 1000, largest: int = 10**6) -> list[object]:
    return [
        (json.loads(each.data) if each.data else None) if isinstance(each, Undecoded) else each
        for each in decode_array(Dripping(data, size), largest)
    ]


@examples(200)
@given(
    st.lists(documents, max_size=5),
    st.integers(1, 7),
    st.booleans(),
    st.sampled_from([None, 2]),
)
def test_elements_are_what_json_reads_wherever_the_chunks_end(
    written: list[Any], size: int, ascii_only: bool, indent: int | None
) -> None:
    data = json.dumps(written, ensure_ascii=ascii_only, indent=indent).encode(
        errors="surrogatepass"
    )
    found = elements(data, size=size, largest=10**6)
    assert [json.loads(each.decode(errors="surrogatepass")) for each in found if each] == written
    assert decoded(data, size=size) == written


def test_an_element_that_is_too_large_does_not_hide_the_others() -> None:
    data = json.dumps(["a" * 50, "b", ["c"] * 50, {"d": 1}]).encode()
    for size in (1, 10, 1000):
        assert elements(data, size=size, largest=20) == [None, b'"b"', None, b'{"d": 1}']


def test_a_damaged_element_does_not_hide_the_others() -> None:
    assert elements(b'[{"a": nonsense}, 2, {"b" 3}]') == [b'{"a": nonsense}', b"2", b'{"b" 3}']


@pytest.mark.parametrize("data", [b"[]", b" [ ] ", b"[]\n\n", b"[][ ]"])
def test_an_empty_array_has_no_elements(data: bytes) -> None:
    assert elements(data) == []


@pytest.mark.parametrize("read", [elements, decoded])
@pytest.mark.parametrize("data", [b"[1, 2", b'["a', b'["a\\', b"[{}", b"[", b'[1, {"a": [2'])
def test_a_file_that_was_cut_is_told(data: bytes, read: Callable[..., object]) -> None:
    with pytest.raises(LoadError, match="ends in the middle"):
        read(data, size=1)


@pytest.mark.parametrize("read", [elements, decoded])
@pytest.mark.parametrize("data", [b"", b'{"a": [1]}', b"]", b'"a"[', b"}", b"[] more", b"[1]{}"])
def test_what_is_no_array_is_told(data: bytes, read: Callable[..., object]) -> None:
    with pytest.raises(LoadError):
        read(data)


class Long:
    """A stream of very many elements, which is nowhere whole."""

    def __init__(self, count: int) -> None:
        self._parts = iter([b"[", *[b'{"text": "' + b"a" * 100_000 + b'"},'] * count, b"1]"])

    def read(self, _size: int, /) -> bytes:
        return next(self._parts, b"")


def test_only_one_element_is_in_memory() -> None:
    tracemalloc.start()
    try:
        count = sum(1 for _ in iter_array(Long(500), 10**6))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 501
    assert peak < 2 * 10**6


def test_arrays_after_each_other_are_as_one() -> None:
    for size in (1, 2, 1000):
        assert elements(b'[1, 2] \n["a"][]', size=size) == [b"1", b"2", b'"a"']
        assert decoded(b'[1, 2] \n["a"][]', size=size) == [1, 2, "a"]
    marked = b'[1]\n\xef\xbb\xbf["a"]\n\xef\xbb\xbf'
    assert (elements(marked, size=1000), decoded(marked, size=1)) == ([b"1", b'"a"'], [1, "a"])


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_is_damaged_or_too_large_does_not_hide_the_others(size: int) -> None:
    data = b'[{"a": 1}, {"b": nonsense}, {"c" 3}, 4 5, ["d"], "%s", 6]' % (b"x" * 99)
    found = list(decode_array(Dripping(data, size), 50))
    told = [each.data if isinstance(each, Undecoded) else each for each in found]
    assert told == [
        {"a": 1},
        b'{"b": nonsense}',
        b'{"c" 3}',
        b"4 5",
        b'["d"]',
        None,
        b"6",
    ]


def test_what_is_whole_in_a_file_that_was_cut_is_taken_before_that_is_told() -> None:
    elements = decode_array(io.BytesIO(b'[{"a": 1}, {"b": 2}, {"c": '), 1000)
    assert [next(elements), next(elements)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(LoadError, match="ends in the middle"):
        list(elements)


def test_after_an_array_in_an_object_nothing_is_looked_at() -> None:
    assert list(decode_array(Dripping(b'[1], "b": nonsense', 3), 99, has_more=True)) == [1]


def test_what_follows_the_object_around_an_array_is_told() -> None:
    assert list(decode_array(Dripping(b"[1]}\n", 3), 99, has_more=True)) == [1]
    elements = decode_array(Dripping(b'[1]} {"conversations": [2]}', 3), 99, has_more=True)
    assert next(elements) == 1
    with pytest.raises(LoadError, match="Something follows the object"):
        next(elements)


def test_bytes_that_are_no_utf_8_damage_only_their_element() -> None:
    (first, second, third) = decode_array(Dripping(b'["a", "\xff", "b"]', 1000), 99)
    assert second == Undecoded(b'"\xff"')
    assert [
        json.loads(each.data or b"") for each in (first, third) if isinstance(each, Undecoded)
    ] == ["a", "b"]
