"""Error responses of OpenAI-compatible services."""

from collections.abc import Mapping
from typing import Final

from fakegpt_tui.backends.api.loading_words import loading_rule
from fakegpt_tui.domain import (
    Busy,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.protocol.error_body import (
    ErrorBody,
    ErrorRule,
    parse_error_body,
    parse_error_text,
    read_error_value,
)
from fakegpt_tui.protocol.refusal_words import (
    is_about_reply,
    names_filter,
    names_refused_field,
)
from fakegpt_tui.protocol.retry_after import find_retry_after
from fakegpt_tui.text import safe_line

_TOO_LONG: Final = lazy_pattern(
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size)"
    r"|prompt is too long|input is too long|max_model_len|maximum (?:prompt|input) length"
    r"|too many (?:input )?tokens"
)
_WINDOW: Final = lazy_pattern(
    r'"n_ctx"\s*:\s*(\d{2,8})'
    r"|context (?:length|window|size)[^.\d]{0,40}(\d[\d,]{1,9})"
    r"|max_model_len[^.\d]{0,20}(\d[\d,]{1,9})"
    r"|(?:tokens >|maximum of|limit of) (\d[\d,]{1,9})"
)
_MIN_WINDOW: Final = 64
_NO_CREDIT_WORDS: Final = (
    *("insufficient_quota", "insufficient credits", "insufficient balance"),
    "enforced_spend_limit_reached",
)
_BAD_KEY_WORDS: Final = ("invalid_api_key", "api key not valid", "incorrect api key")
_WRAPPERS: Final = (500, 502, 503)
"""Under these, gateways pass on what a service refused: it would be refused again."""
_MAY_BE_KEY: Final = (0, 400, 401, 403, *_WRAPPERS)
_MAY_BE_LENGTH: Final = (0, 400, 413, 422, *_WRAPPERS)
_MAY_BE_FILTER: Final = (0, 400, 403, 422, *_WRAPPERS)
_MAY_BE_FIELD: Final = (0, 400, 403, 422, 501, *_WRAPPERS)
_PER_MINUTE: Final = lazy_pattern(r"per minute|\btpm\b")
_PAYMENT_REQUIRED: Final = 402
_SUCCESS: Final = 200
_TOO_LARGE: Final = 413
_TOO_MANY: Final = 429
_TEXT_BYTES: Final = 64_000
_STATUS_DIGITS: Final = 3
_PROGRESS: Final = {
    "status", "progress", "info", "ping", "heartbeat", "keepalive", "queued", "pending", "waiting",
    "processing", "running", "in_progress", "searching", "thinking",
}  # fmt: skip
"""Kinds of messages about a reply that is on its way."""
_GOOD_CODES: Final = (0, 200, "0", "200", "ok", "success")


class ContextWindowExceeded(PromptTooLong):
    """The conversation is longer than the model's window, which is `window` tokens if told.

    Or the body has too many bytes, where `is_of_bytes`: only the status (413) told it.
    `response_text` is the response as it came, not to be shown.
    """

    window: int | None = None
    is_of_bytes: bool = False
    response_text: str = ""


class UnsupportedParameter(RequestRefused):
    """The request was refused for its form, perhaps for a field that the service does not know.

    `response_text` is the response as it came, not to be shown.
    """

    response_text: str = ""


_NO_CREDIT: Final = ErrorRule(
    RequestRefused, "says that the account behind the key has no credit left"
)
_WINDOW_EXCEEDED: Final = ErrorRule(
    ContextWindowExceeded,
    "cannot take so long a conversation",
    PromptTooLong.advice,
)
_PROMPT_FILTERED: Final = ErrorRule(
    RequestRefused, "stopped the prompt with its content filter", "Say it in other words."
)
_REPLY_FILTERED: Final = ErrorRule(
    RequestRefused, "stopped the reply with its content filter", "Ask in other words."
)
_TOO_MUCH_PER_MINUTE: Final = ErrorRule(
    PromptTooLong,
    "takes fewer tokens per minute than this request has",
    "Send less, or raise the limit of the account.",
)
_KEY_REFUSED: Final = ErrorRule(
    NotSignedIn,
    "does not accept the key, or wants one",
    NotSignedIn.advice,
)
_UNSUPPORTED: Final = ErrorRule(UnsupportedParameter, "refused the request")
_UNEXPLAINED: Final = ErrorRule(
    UnsupportedParameter,
    "refused the request and does not say why",
    "/request, or ask --dry-run, shows what is sent.",
)
_OTHER_PROTOCOL: Final = ErrorRule(
    Unsupported,
    "does not speak this protocol at this address",
    "Check the url and the kind of the service.",
)
_BY_STATUS: Final[Mapping[int, ErrorRule]] = {
    400: _UNSUPPORTED,
    401: _KEY_REFUSED,
    403: ErrorRule(
        RequestRefused,
        "does not allow this with this key (403 Forbidden)",
        "Check the key and the model.",
    ),
    404: ErrorRule(
        RequestRefused,
        "knows no such model or address (404 Not Found)",
        "Check the url of the service, which often ends in /v1, its kind, and the model.",
    ),
    405: _OTHER_PROTOCOL,
    409: ErrorRule(Busy, "is busy (409 Conflict)", "Try again in a minute."),
    422: _UNSUPPORTED,
    501: _OTHER_PROTOCOL,
}
_RATE_LIMITED: Final = ErrorRule(RateLimited, "gets too many requests", "Try again {when}.")
_OVERLOADED: Final = ErrorRule(Unreachable, "is overloaded", "Try again {when}.")
_BROKEN_OFF: Final = ErrorRule(ServiceError, "broke off the reply")


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, service_host: str
) -> ServiceError:
    """The error that a response means; where nothing better is known, as in any service."""
    error = parse_error_body(body, headers)
    who = f"The service at {safe_line(service_host)}"
    text = body[:_TEXT_BYTES].decode(errors="replace")
    told = (error.status or 0) if status == _SUCCESS else status
    rule = loading_rule(error, text, told) or _rule_for_words(error, text.casefold(), told)
    if rule is None and not error.is_html:
        rule = _BY_STATUS.get(told)
        rule = _UNEXPLAINED if rule is _UNSUPPORTED and not error.text else rule
    if rule is None:
        from fakegpt_tui.protocol import fakegpt  # noqa: PLC0415 - with the first unknown refusal

        general = fakegpt.response_error(status, headers, body, service_host=who)
        if not isinstance(general, NotSignedIn):
            return general
        rule = _KEY_REFUSED
    made = _error(rule, who, error, text, find_retry_after(headers, body, limited=False))
    if isinstance(made, ContextWindowExceeded):
        made.is_of_bytes = not _TOO_LONG.search(text.casefold())
    return made


def stream_error(value: object, text: str) -> ServiceError:
    """The error that an event inside a stream tells; `text` is the event as it came."""
    error = read_error_value(value)
    status = error.status or _digits_of_status(value)
    rule = loading_rule(error, text, status) or _rule_for_words(error, text.casefold(), status)
    if rule is None:
        rule = _rule_for_kind(value, error, status)
    return _error(rule, "The service", error, text, find_retry_after({}, text))


def _rule_for_kind(value: object, error: ErrorBody, status: int) -> ErrorRule:
    match value:
        case {"error": {"type": str(kind)}}:
            pass
        case _:
            kind = ""
    if "rate_limit" in (error.code + kind) or status == _TOO_MANY:
        return _RATE_LIMITED
    return _OVERLOADED if kind == "overloaded_error" else _BROKEN_OFF


def event_error(event: str, value: object, text: str) -> ServiceError | None:
    """The error that a server event tells, if it is one.

    `value` is the JSON of `text`. What has choices is a piece of a reply, whatever else is in it.
    """
    match value:
        case {"error": inner} if _says_something(inner):
            return stream_error(value, text)
        case {"choices": [_, *_]}:
            return None
        case [dict(first), *_]:
            return event_error(event, first, text)
        case dict():
            is_told = event == "error" or (event == "message" and _is_error(value))
            return stream_error(value, text) if is_told else None
        case _ if told := parse_error_text(text, is_error=event == "error"):
            return stream_error({"error": told.text, "code": told.status or told.code}, text)
        case _:
            return None


def _says_something(error: object) -> bool:
    """Is there an error at all? Some services send an empty one with every piece."""
    return any(error.values()) if isinstance(error, dict) else bool(error)


def _is_error(value: dict[object, object]) -> bool:
    match value:
        case {"object": "error"} | {"detail": _} | {"errors": [_, *_]}:
            return True
        case {"type": str(word)} | {"status": str(word)} if word.casefold() in _PROGRESS:
            return False
        case {"base_resp": {"status_code": code}} | {"code": code} if code in _GOOD_CODES:
            return False
        case {"base_resp": {"status_code": int()}}:
            return True
        case {"message": str(said)} | {"msg": str(said)} | {"error_msg": str(said)}:
            return bool(said.strip())
        case _:
            return False


def _error(
    rule: ErrorRule, who: str, error: ErrorBody, text: str, wait: float | None
) -> ServiceError:
    made = rule.error(who, error, wait=wait if error.retry_after is None else error.retry_after)
    match made:
        case ContextWindowExceeded():
            made.window = _window(text.casefold())
            made.response_text = text
        case UnsupportedParameter():
            made.response_text = text
        case _:
            pass
    return made


def _digits_of_status(value: object) -> int:
    match value:
        case {"error": {"code": str(digits)}} | {"code": str(digits)} if digits.isdecimal():
            return int(digits[:_STATUS_DIGITS])
        case _:
            return 0


def _rule_for_words(error: ErrorBody, words: str, status: int) -> ErrorRule | None:
    if any(word in words for word in _NO_CREDIT_WORDS) or status == _PAYMENT_REQUIRED:
        return _NO_CREDIT
    if status in _MAY_BE_FILTER and names_filter(words, error.text.casefold()):
        return _REPLY_FILTERED if is_about_reply(words) else _PROMPT_FILTERED
    if status == _TOO_LARGE and _PER_MINUTE.search(words):
        return _TOO_MUCH_PER_MINUTE
    if status in _MAY_BE_LENGTH and (status == _TOO_LARGE or _TOO_LONG.search(words)):
        return _WINDOW_EXCEEDED
    if any(word in words for word in _BAD_KEY_WORDS) and status in _MAY_BE_KEY:
        return _KEY_REFUSED
    return _UNSUPPORTED if status in _MAY_BE_FIELD and names_refused_field(words) else None


def _window(words: str) -> int | None:
    for match in _WINDOW.finditer(words):
        window = int(next(group for group in match.groups() if group).replace(",", ""))
        if window >= _MIN_WINDOW:
            return window
    return None
