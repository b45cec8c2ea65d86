"""How long a service asks to wait: Retry-After, rate-limit headers, and what its body says."""

import json
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
_DAY: Final = 86_400

_UNITS: Final = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "秒": 1.0, "分": 60.0,
}  # fmt: skip
_PART: Final = (
    r"(\d{1,12}(?:\.\d{1,12})?|(?:an?|one)(?= )) ?"
    r"(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|秒|分)(?![a-z])"
)
_PARTS: Final = lazy_pattern(_PART)
_MOMENT: Final = r"(\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:z|[+-]\d\d:?\d\d)?)"
_IN_WORDS: Final = lazy_pattern(
    r"(?:again in|again after|again at|retry(?: your request)? (?:in|at|after)|wait(?: for)?"
    r"|(?:available|expires?) in|reset(?:s|ting)?(?: in| at| after)|请(?:等待|在)?)"
    r":? ?(?:about |approximately |at least |another |~)?"
    rf"(?:((?:{_PART}(?:,? (?:and )?)?)+)|{_MOMENT})"
)
_BARE_SECONDS: Final = lazy_pattern(
    r"retry[ _-]after[\"']?(?: ?[:=])? ?(\d{1,9}(?:\.\d{1,12})?)(?=[.,;\"'}\])]|\s*\Z)"
)
_NUMBER: Final = lazy_pattern(r"\d{1,16}(?:\.\d{1,12})?")
_REPEATED: Final = lazy_pattern(r"(\d{1,16})(?:, ?\1)+")
"""A header that came twice."""
_STRUCTURED: Final = lazy_pattern(r"\b(remaining|reset|r|t)=(\d{1,12})")

_HEADERS: Final = (
    *("retry-after-ms", "x-ms-retry-after-ms", "retry-after", "x-retry-after"),
    *("x-ratelimit-retry-after", "ratelimit-retry-after"),
)
_FIELDS: Final = (
    *("retrydelay", "estimatedtime", "retryafter", "retryafterseconds", "retryafterms"),
    *("waitseconds", "waittime", "quotaresetdelay"),
)
_MAX_DEPTH: Final = 5
_MAX_ITEMS: Final = 20


def find_retry_after(
    headers: Mapping[str, str], body: bytes | str = b"", *, limited: bool = True
) -> float | None:
    """The seconds that an error response asks to wait, or `None`.

    The header that was made for it counts most, then what the body says, then the rate limits,
    if the client was `limited`: some services send these with every response.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    text = body if isinstance(body, str) else body[:_BODY_LIMIT].decode(errors="replace")
    rate_limits = _rate_limits(headers if limited else {})
    sources = (_retry_headers(headers), _told_in_body(text, limited=limited), rate_limits)
    return next((found for source in sources for found in source if found is not None), None)


def _retry_headers(headers: Mapping[str, str]) -> Iterator[float | None]:
    """https://www.rfc-editor.org/rfc/rfc9110#field.retry-after and its form in milliseconds."""
    sent_at = _date(headers.get("date", ""))
    for name in _HEADERS:
        value = headers.get(name, "").strip()
        value = repeated[1] if (repeated := _REPEATED.fullmatch(value)) else value
        if name.endswith("-ms"):
            yield wait_seconds(float(value) / 1000) if _NUMBER.fullmatch(value) else None
        else:
            # Against the clock of the service where it tells, so that a wrong one does no harm.
            yield _until(value, sent_at)


def _told_in_body(text: str, *, limited: bool) -> Iterator[float | None]:
    value = parse_json(text)
    if value is not NOT_JSON:
        yield from _fields(value, _MAX_DEPTH, limited=limited)
        text = json.dumps(value, ensure_ascii=False)
    words = text[:_BODY_LIMIT].casefold()
    if found := _IN_WORDS.search(words):
        yield _until(found[1] or found[4])
    if found := _BARE_SECONDS.search(words):
        yield _span(found[1])


def _fields(value: object, depth: int, *, limited: bool) -> Iterator[float | None]:
    """Waits in the bodies of Google, OpenRouter and others, whatever they are wrapped in."""
    match value:
        case dict():
            for name, inner in value.items():
                folded = str(name).replace("_", "").replace("-", "").casefold()
                if folded in _FIELDS:
                    yield _told_span(inner, is_milliseconds=folded.endswith("ms"))
                elif isinstance(inner, dict) and name == "headers":
                    yield from _rate_limits(_texts(inner) if limited else {})
            inner_values = list(value.values())
        case list():
            inner_values = value
        case _:
            return
    for inner in inner_values[:_MAX_ITEMS] if depth else ():
        yield from _fields(inner, depth - 1, limited=limited)


def _told_span(value: object, *, is_milliseconds: bool) -> float | None:
    seconds = _until(value) if isinstance(value, str) else wait_seconds(value)
    return seconds / 1000 if seconds is not None and is_milliseconds else seconds


def _texts(headers: Mapping[object, object]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _rate_limits(headers: Mapping[str, str]) -> Iterator[float | None]:
    """What is used up comes back at these times; of several, all must be over."""
    plain = {name.replace("rate-limit", "ratelimit"): text for name, text in headers.items()}
    spans = [
        span
        for name, value in plain.items()
        if "ratelimit" in name and "reset" in name
        if plain.get(name.replace("reset", "remaining"), "0").strip() in ("0", "0.0")
        if (span := _until(value)) is not None
    ]
    # https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    fields = dict(_STRUCTURED.findall(plain.get("ratelimit", "")))
    if fields.get("remaining", fields.get("r")) == "0":
        spans += filter(None, [_span(str(fields.get("reset", fields.get("t", ""))))])
    yield max(spans, default=None)


def _until(value: str, sent_at: datetime | None = None) -> float | None:
    """The seconds until `value`: a span, a date, or seconds or milliseconds since 1970."""
    value = value.strip()
    if _NUMBER.fullmatch(value) and float(value) >= _EPOCH:
        moment = float(value) / (1000 if float(value) >= _EPOCH * 1000 else 1)
        left = moment - (sent_at or now()).timestamp()
        return wait_seconds(max(0.0, left)) if left > -_DAY else None
    if (seconds := _span(value)) is None and (until := _date(value)) is not None:
        return wait_seconds(max(0.0, (until - (sent_at or now())).total_seconds()))
    return seconds


def _span(text: str) -> float | None:
    """The seconds of a span such as “7”, “7.5s”, “7m12s” or “2 minutes”."""
    text = text.strip().casefold()
    if _NUMBER.fullmatch(text):
        return wait_seconds(float(text))
    if not _PARTS.match(text):
        return None
    parts = _PARTS.findall(text)
    return wait_seconds(sum(_count(count) * _UNITS[_unit(unit)] for count, unit in parts))


def _count(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else 1.0


def _unit(word: str) -> str:
    return "ms" if word.startswith(("ms", "milli")) else word[0]


def _date(value: str) -> datetime | None:
    """A date as HTTP writes it, or as ISO 8601 does."""
    try:
        is_iso = value[4:5] == "-"
        date = datetime.fromisoformat(value.upper()) if is_iso else parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
