"""How far the estimate of tokens is off in twelve languages and in code, once calibrated."""

from collections.abc import Iterator

from tests.backends.test_token_estimate import COUNTS, TOKENIZERS, error_after_calibration
from tests.benchmarks.rows import Row

_LIMIT = 20.0


def measure(_repeats: int) -> Iterator[Row]:
    """The worst error of each language among the tokenizers, in percent; it does not vary."""
    for name in COUNTS:
        errors = [100 * abs(error_after_calibration(name, each)) for each in TOKENIZERS]
        what = f"error of the token estimate: {name}"
        yield Row(budget="B23", what=what, values=[max(errors)], limit=_LIMIT, unit="%")
