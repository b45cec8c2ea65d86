"""What is measured, or has short limits, has more than one run, and fails if all of them do."""

import pytest

from tests.patience import shortest

_RUNS: list[str] = []


@pytest.fixture
def place() -> list[str]:
    return []


@pytest.mark.short_limits
def test_one_run_that_fails_is_followed_by_another(place: list[str]) -> None:
    _RUNS.append("run")
    place.append("of this run")
    assert len(_RUNS) == 2
    assert place == ["of this run"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [((1.0, 9.0), 1.0), ((9.0, 1.0, 0.0), 1.0), ((9.0, 8.0, 7.0, 8.0, 9.0), 7.0)],
)
async def test_the_shortest_of_five_runs_counts(seconds: tuple[float, ...], told: float) -> None:
    left = iter(seconds)

    async def run() -> float:
        return next(left)

    assert await shortest(run, 2) == told
