"""How many examples a property is tried with."""

from hypothesis import settings

IN_THE_SUITE = 0.25
"""The share of a number of examples that the suite takes, the same ones each time."""


def examples(number: int) -> settings:
    """Settings with that number in `make search` and `make long`, and with fewer in the suite."""
    searches = settings.get_current_profile_name() == "search"
    return settings(max_examples=number if searches else round(number * IN_THE_SUITE))
