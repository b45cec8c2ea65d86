"""Who is who and when: ids, times, and texts that must not show."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4


def new_id() -> str:
    """A random UUID, in the form the wire uses for conversations and messages."""
    return str(uuid4())


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that must not show in logs, reports or representations."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return "••••"
