"""How long a service asks to wait: Retry-After, rate-limit headers, and what its body says."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from fakegpt_tui.domain import now
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json, wait_seconds

_BODY_LIMIT: Final = 64_000
_EPOCH: Final = 1_000_000_000
"""Seconds; a larger number is a moment, and 1,000 times as much one in milliseconds."""

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART: Final = (
    r"(\d{1,12}(?:\.\d{1,12})?) ?"
    r"(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])"
)
_PARTS: Final = lazy_pattern(_PART)
_IN_WORDS: Final = lazy_pattern(
    r"(?:again in|again after|retry in|retry after|wait(?: for)?|available in|resets? in)"
    rf" (?:about |approximately )?((?:{_PART}(?:,? (?:and )?)?)+)"
)
_NUMBER: Final = lazy_pattern(r"\d{1,16}(?:\.\d{1,12})?")


def waiting_time(
    headers: Mapping[str, str], body: bytes | str = b"", *, limited: bool = True
) -> float | None:
    """The seconds that an error response asks to wait, or `None`.

    The header that was made for it counts most, then what the body says, then the rate limits,
    if the client was `limited`: some services send these with every response.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    text = body if isinstance(body, str) else body[:_BODY_LIMIT].decode(errors="replace")
    rate_limits = _rate_limits(headers if limited else {})
    sources = (_retry_headers(headers), _told_in_body(text), rate_limits)
    return next((found for source in sources for found in source if found is not None), None)


def _retry_headers(headers: Mapping[str, str]) -> Iterator[float | None]:
    """https://www.rfc-editor.org/rfc/rfc9110#field.retry-after and its form in milliseconds."""
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        yield wait_seconds(float(milliseconds) / 1000)
    value = headers.get("retry-after", "").strip()
    yield _span(value)
    if (until := _date(value)) is not None:
        # Against the clock of the service where it tells, so that a wrong one here does no harm.
        sent_at = _date(headers.get("date", "")) or now()
        yield wait_seconds(max(0.0, (until - sent_at).total_seconds()))


def _told_in_body(text: str) -> Iterator[float | None]:
    value = parse_json(text)
    if value is not NOT_JSON:
        yield from _fields(value)
    if found := _IN_WORDS.search(text[:_BODY_LIMIT].casefold()):
        yield _span(found[1])


def _fields(value: object) -> Iterator[float | None]:
    """Waits in the bodies of Google, Hugging Face and others, whatever they are wrapped in."""
    match value:
        case [inner]:
            yield from _fields(inner)
        case {"error": dict() | list() as inner}:
            yield from _fields(inner)
        case {"details": list(details)}:
            for detail in details:
                yield from _fields(detail)
        case {"retryDelay": str(span)}:
            yield _span(span)
        case _:
            pass
    if isinstance(value, dict):
        for name in ("estimated_time", "retry_after", "retry_after_seconds"):
            yield wait_seconds(value.get(name))


def _rate_limits(headers: Mapping[str, str]) -> Iterator[float | None]:
    """What is used up comes back at these times; of several, all must be over."""
    spans = [
        span
        for name, value in headers.items()
        if "ratelimit-reset" in name
        if headers.get(name.replace("reset", "remaining"), "0").strip() in ("0", "0.0")
        if (span := _reset(value.strip())) is not None
    ]
    yield max(spans, default=None)


def _reset(value: str) -> float | None:
    """The seconds until `value`: a span, or a moment in seconds or milliseconds since 1970."""
    if not _NUMBER.fullmatch(value) or float(value) < _EPOCH:
        return _span(value)
    moment = float(value) / (1000 if float(value) >= _EPOCH * 1000 else 1)
    return wait_seconds(max(0.0, moment - now().timestamp()))


def _span(text: str) -> float | None:
    """The seconds of a span such as “7”, “7.5s”, “7m12s” or “2 minutes”."""
    text = text.strip().casefold()
    if _NUMBER.fullmatch(text):
        return wait_seconds(float(text))
    if not _PARTS.match(text):
        return None
    parts = _PARTS.findall(text)
    return wait_seconds(sum(float(count) * _UNITS[_unit(unit)] for count, unit in parts))


def _unit(word: str) -> str:
    return "ms" if word.startswith(("ms", "milli")) else word[0]


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
