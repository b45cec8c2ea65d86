"""Times as other programs write them.

They count seconds or milliseconds, in numbers or in words, or write dates, with a zone or without.
Zero is no time, and a date without a zone is one of UTC.
"""

from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime.fromtimestamp(0, UTC)
"""Stands for a time that is not known."""

_LAST_IN_MILLISECONDS = 253_402_300_799_000
_LAST_IN_SECONDS = 100_000_000_000
"""Greater numbers are milliseconds."""


def read_time(value: object) -> datetime | None:
    """A time in seconds or milliseconds since 1970, as ISO 8601, or as MongoDB writes it."""
    match value:
        case {"$date": inner} | {"$numberLong": inner}:
            return read_time(inner)
        case str(text):
            is_count = text.isdecimal() and len(text) < len(str(_LAST_IN_MILLISECONDS))
            return read_time(int(text)) if is_count else _read_date(text)
        case int(count) | float(count) if not isinstance(value, bool):
            if 0 < count < _LAST_IN_MILLISECONDS:
                seconds = count / 1000 if count > _LAST_IN_SECONDS else count
                return datetime.fromtimestamp(seconds, UTC)
        case _:
            pass
    return None


def _read_date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
