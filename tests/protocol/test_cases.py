"""Each case of the tables has its outcome; `conftest.py` prints all of them."""

from collections.abc import Callable

import pytest

from fakegpt_tui.domain import FinishReason, TimeLimits
from tests.protocol.cases import Case, played
from tests.protocol.logins import LOGINS
from tests.protocol.refusals import REFUSALS
from tests.protocol.streams import STREAMS

CASES = [*STREAMS, *REFUSALS, *LOGINS]
EACH = [
    pytest.param(
        case, id=case.row, marks=[pytest.mark.short_limits] if case.limits != TimeLimits() else []
    )
    for case in CASES
]


@pytest.mark.parametrize("case", EACH)
async def test_a_case_has_its_outcome(case: Case, note: Callable[[str, object], None]) -> None:
    outcome = await played(case)
    note(case.row, outcome)
    assert outcome.text == case.text
    assert outcome.asked == case.asked
    if isinstance(case.end, FinishReason):
        assert outcome.end is case.end
    else:
        assert type(outcome.end) is case.end or case.end in type(outcome.end).__mro__[:2]
    said = [*outcome.said, *([] if isinstance(outcome.end, FinishReason) else [str(outcome.end)])]
    assert any(case.says in one for one in said) or not case.says
    assert all(one.strip() for one in said)


def test_no_two_rows_have_one_name() -> None:
    assert len({case.row for case in CASES}) == len(CASES)
