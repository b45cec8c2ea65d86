"""Elements of large arrays are decoded as a scanner finds them, wherever the chunks end."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.json_stream import Undecoded, decode_array
from tests.examples import examples
from tests.formats.test_large_exports import Dripping, documents


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
def test_elements_are_what_json_reads(
    written: list[Any], size: int, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(written, ensure_ascii=ascii_only, indent=indent)
    assert decoded(text.encode(errors="surrogatepass"), size=size) == written


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


@pytest.mark.parametrize("data", [b"[1, 2", b'["a', b"[{}", b"[", b'[1, {"a": [2'])
def test_a_file_that_was_cut_is_told(data: bytes) -> None:
    with pytest.raises(LoadError, match="ends in the middle"):
        decoded(data, size=1)


@pytest.mark.parametrize("data", [b"", b'{"a": [1]}', b"]", b"[] more", b"[1]{}"])
def test_what_is_no_array_is_told(data: bytes) -> None:
    with pytest.raises(LoadError):
        decoded(data)


def test_what_is_whole_in_a_file_that_was_cut_is_taken_before_that_is_told() -> None:
    elements = decode_array(io.BytesIO(b'[{"a": 1}, {"b": 2}, {"c": '), 1000)
    assert [next(elements), next(elements)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(LoadError, match="ends in the middle"):
        list(elements)


def test_arrays_after_each_other_are_as_one() -> None:
    for size in (1, 1000):
        assert decoded(b'[1, 2] \n["a"][]', size=size) == [1, 2, "a"]


def test_after_an_array_in_an_object_nothing_is_looked_at() -> None:
    assert list(decode_array(Dripping(b'[1], "b": nonsense', 3), 99, has_more=True)) == [1]


def test_bytes_that_are_no_utf_8_damage_only_their_element() -> None:
    (first, second, third) = decode_array(Dripping(b'["a", "\xff", "b"]', 1000), 99)
    assert second == Undecoded(b'"\xff"')
    assert [
        json.loads(each.data or b"") for each in (first, third) if isinstance(each, Undecoded)
    ] == ["a", "b"]
