from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns.store import is_kept, run

SLACK = 0.5
"""Seconds that a busy machine may add to the writing itself."""


@pytest.mark.parametrize("kind", ["migration", "torn log", "damaged bytes", "full disk"])
def test_a_few_rounds_of_each_kind_lose_nothing(tmp_path: Path, kind: str) -> None:
    tally = run(3, 1, tmp_path, kind)
    assert is_kept(tally), tally.lines()
    assert tally.rounds == {kind: 3}


@pytest.mark.long
def test_two_hundred_rounds_lose_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = run(200, 2, tmp_path)
    record_property("figures", tally.lines())
    assert is_kept(tally), tally.lines()
    assert max(tally.text_lost) < 0.25 + SLACK
    assert tally.acknowledged > 1000
