"""Money: charged, priced, free or unknown; a part without a price makes a sum the least."""

from decimal import Decimal

import pytest

from fakegpt_tui.domain import Usage
from fakegpt_tui.domain.prices import (
    FREE,
    UNKNOWN_COST,
    Cost,
    TokenPrices,
    format_dollars,
    reply_cost,
    sum_costs,
)

PRICES = TokenPrices(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"), "of a table")
NO_MONEY = TokenPrices(Decimal(0), Decimal(0))


def cost(usage: Usage | None, prices: TokenPrices | None = PRICES, *, is_whole: bool = True) -> str:
    return str(reply_cost(usage, prices, is_whole=is_whole))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(1_000_000, 0), "≈ $3.00"),
        (Usage(1000, 100), "≈ $0.004500"),
        # Each part has a price of its own.
        (Usage(0, 0, cache_read=1_000_000), "≈ $0.3000"),
        (Usage(0, 0, cache_write=1_000_000), "≈ $3.75"),
        # What the service charged wins.
        (Usage(1000, 100, cost="0.0132"), "$0.01320"),
        (Usage(1000, 100, cost="0"), "free"),
        # Searches have a price of their own.
        (Usage(1000, 100, searches=2), "at least ≈ $0.004500"),
        (Usage(1000, 100, searches=0), "≈ $0.004500"),
        # Nothing is ever rounded to nothing.
        (Usage(1, 0), "≈ < $0.0001"),
    ],
)
def test_a_reply_costs_what_its_parts_cost(usage: Usage, expected: str) -> None:
    assert cost(usage) == expected


@pytest.mark.parametrize("usage", [None, Usage(None, 5), Usage(5, None)])
def test_without_all_counts_the_price_is_unknown(usage: Usage | None) -> None:
    assert cost(usage) == "price unknown"


def test_without_prices_or_an_end_the_price_is_unknown() -> None:
    assert cost(Usage(5, 5), None) == "price unknown"
    assert cost(Usage(5, 5), is_whole=False) == "price unknown"


def test_what_is_free_is_free_whatever_became_of_it() -> None:
    assert cost(None, NO_MONEY, is_whole=False) == "free"


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([], ""),
        ([UNKNOWN_COST], "price unknown"),
        ([FREE, FREE], "free"),
        ([FREE, UNKNOWN_COST], "price unknown"),
        ([Cost(charged=Decimal("0.42"), known=1), UNKNOWN_COST], "at least $0.4200"),
        ([Cost(charged=Decimal(1), known=1), Cost(priced=Decimal(1), known=1)], "≈ $2.00"),
    ],
)
def test_a_sum_says_what_is_missing_in_it(costs: list[Cost], expected: str) -> None:
    assert str(sum_costs(costs)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("12345.678", "$12,345.68"),
        ("0.5", "$0.5000"),
        ("0.01234567", "$0.01235"),
        ("0.00099999", "$0.001000"),
        ("0.00001", "< $0.0001"),
    ],
)
def test_amounts_keep_digits_that_count(amount: str, expected: str) -> None:
    assert format_dollars(Decimal(amount)) == expected
