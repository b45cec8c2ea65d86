"""Access keys for tests, and what a meter says of them."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fakegpt_tui.host.access_keys import AccessKey, KeyLimits, digest_of, generate_key
from fakegpt_tui.host.meter import LimitReached, Meter

MADE = datetime(2026, 1, 1, tzinfo=UTC)


def new_key(**changes: Any) -> tuple[AccessKey, str]:
    """A record, and the key itself; limits are among the changes."""
    key_id, secret = generate_key()
    limits = {name: changes.pop(name) for name in list(changes) if hasattr(KeyLimits(), name)}
    text = secret.reveal()
    key = AccessKey(
        id=key_id, digest=digest_of(text), created_at=MADE, limits=replace(KeyLimits(), **limits)
    )
    return replace(key, **changes), text


KEY, TEXT = new_key(requests_per_minute=0, tokens_per_minute=0, tokens_per_day=0)
"""A key without limits."""


async def taken(meter: Meter, limits: KeyLimits, tokens: int = 0) -> float:
    """0 if a request is admitted, and otherwise how long it has to wait."""
    try:
        await meter.release("k", await meter.take("k", limits, tokens))
    except LimitReached as error:
        return error.retry_after or math.nan
    return 0
