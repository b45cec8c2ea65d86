"""Token counts, in all their shapes, become numbers that share nothing; unknown is None."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.api.json_values import read_usage
from fakegpt_tui.domain import Usage


def usage(**fields: object) -> Usage | None:
    return read_usage({"usage": fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 4}, Usage(9, 4)),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            Usage(10, 9, 60, 30, 5),
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 0},
            },
            Usage(5, 1, cache_read=0),
        ),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 1,
                "prompt_cache_hit_tokens": 90,
                "prompt_cache_miss_tokens": 10,
            },
            Usage(10, 1, cache_read=90),
        ),
        # Reasoning beside the output, as the total shows.
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 35,
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(10, 25, reasoning=20),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(10, 25, reasoning=20),
        ),
        # More cached than read: what was read is the fresh part alone.
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 90},
            },
            Usage(10, 1, cache_read=90),
        ),
        ({"prompt_tokens": "12", "completion_tokens": "3"}, Usage(12, 3)),
        ({"prompt_tokens": -1, "completion_tokens": 3}, Usage(None, 3)),
        ({"prompt_tokens": True, "completion_tokens": 3}, Usage(None, 3)),
        ({"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.0132}, Usage(1, 1, cost="0.0132")),
        ({"prompt_tokens": 1, "completion_tokens": 1, "cost": 0}, Usage(1, 1, cost="0")),
        (
            {"prompt_tokens": 1, "completion_tokens": 1, "cost_in_usd_ticks": 12_340_000},
            Usage(1, 1, cost="0.001234"),
        ),
        ({"prompt_tokens": 1, "completion_tokens": 1, "cost": "nan"}, Usage(1, 1)),
    ],
)
def test_a_shape_is_read(fields: dict[str, object], expected: Usage) -> None:
    assert usage(**fields) == expected


def test_what_answered_is_kept() -> None:
    told = {"usage": {"prompt_tokens": 1}, "model": "gpt-x-2026", "service_tier": "flex"}
    assert read_usage(told) == Usage(1, served_model="gpt-x-2026", tier="flex")


@pytest.mark.parametrize("value", [None, [], {"usage": None}, {"usage": {"prompt_tokens": None}}])
def test_nothing_told_is_no_usage(value: object) -> None:
    assert read_usage(value) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("prompt_tokens", "completion_tokens", "total_tokens", "cost"), anything
        )
        | {
            "prompt_tokens_details": st.fixed_dictionaries({"cached_tokens": anything}),
            "completion_tokens_details": st.fixed_dictionaries({"reasoning_tokens": anything}),
        },
    )
)
def test_whatever_comes_the_parts_share_nothing_and_are_never_below_zero(
    fields: dict[str, object],
) -> None:
    found = usage(**fields)
    if found is not None:
        parts = [found.fresh, found.cache_read, found.cache_write, found.output, found.reasoning]
        assert all(each is None or each >= 0 for each in parts)
        assert (found.reasoning or 0) <= (found.output or 0) or found.output is None
