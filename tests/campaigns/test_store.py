from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import lost_text
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


@pytest.mark.long
def test_kills_of_the_program_lose_little_text(
    record_property: Callable[[str, object], None],
) -> None:
    lost = lost_text.run(rounds=10, load=0, seed=3)
    record_property("figures", lost)
    assert len(lost) == 20
    assert max(lost) < lost_text.MOST_OF_ALL + SLACK
