"""Ids of what is imported are those of earlier releases."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.formats.source_tree import source_id

NAMESPACE = UUID("9b1c6d0e-64a1-5c0e-9d55-6f1f5d1f7a10")


@given(st.text())
def test_an_id_is_the_uuid_that_it_has_always_been(name: str) -> None:
    assert source_id(name) == str(uuid5(NAMESPACE, name))


def test_a_surrogate_in_a_name_counts_as_what_stands_for_it() -> None:
    assert source_id("a\ud800") == source_id("a\ufffd") == str(uuid5(NAMESPACE, "a\ufffd"))
