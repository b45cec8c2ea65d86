"""A row of the table of budgets: what was measured, the floor of the same run, and the verdict."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One budget. Without a floor the measured values themselves have a limit.

    `at_least` marks floors that were cut short: they are higher, and the ratio is lower.
    """

    budget: str
    what: str
    values: Sequence[float]
    limit: float
    unit: str
    floor: Sequence[float] = ()
    floor_name: str = ""
    at_least: bool = False

    @property
    def score(self) -> float:
        """What is held against the limit: the ratio of medians, or the median itself."""
        value = statistics.median(self.values)
        return value / statistics.median(self.floor) if self.floor else value

    @property
    def holds(self) -> bool:
        return self.score <= self.limit

    def line(self) -> str:
        """The row as a person reads it."""
        unit = f"× {self.floor_name}" if self.floor else self.unit
        bound = "≤" if self.at_least else " "
        parts = [
            f"{'ok' if self.holds else 'MISSED':6} {self.budget:4} {self.what:46}",
            f"{bound}{self.score:8.2f} of {self.limit:g} {unit:12}",
            _spread(self.values, self.unit),
        ]
        if self.floor:
            parts.append(f"floor {'≥ ' if self.at_least else ''}{_spread(self.floor, self.unit)}")
        return "  ".join(parts)

    def record(self) -> dict[str, object]:
        """The row as it is kept in the history."""
        return {
            "budget": self.budget,
            "what": self.what,
            "score": round(self.score, 4),
            "limit": self.limit,
            "unit": self.unit,
            "values": [round(value, 4) for value in self.values],
            "floor": [round(value, 4) for value in self.floor],
            "floor_name": self.floor_name,
        }


def _spread(values: Sequence[float], unit: str) -> str:
    return f"{statistics.median(values):.4g} {unit} [{min(values):.4g} … {max(values):.4g}]"


def history_line(rows: Sequence[Row], about: dict[str, str]) -> str:
    """A run as one line of the history."""
    return json.dumps({**about, "rows": [row.record() for row in rows]}, ensure_ascii=False)


def p95(values: Sequence[float]) -> float:
    """The value that nineteen of twenty do not exceed."""
    return percentile(values, 95)


def percentile(values: Sequence[float], part: int) -> float:
    """The value that so many of a hundred do not exceed."""
    return sorted(values)[max(0, -(-len(values) * part // 100) - 1)]
