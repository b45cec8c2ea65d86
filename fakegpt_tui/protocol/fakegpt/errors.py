"""Errors of FakeGPT services: which error a response means, and how a host answers with one."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from fakegpt_tui.domain import (
    BadReply,
    Busy,
    FakeGPTError,
    LoginRefused,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    RequestRefused,
    ServiceError,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.protocol.error_body import ErrorBody, ErrorRule, parse_error_body
from fakegpt_tui.protocol.refusal_words import names_filter
from fakegpt_tui.protocol.retry_after import find_retry_after
from fakegpt_tui.text import safe_line


class ConversationNotFound(RequestRefused):
    """The service has no such conversation, or not for this account and password."""


MESSAGE_TOO_LONG: Final = "message_length_exceeds_limit"
MODEL_CAP_EXCEEDED: Final = "model_cap_exceeded"

UPSTREAM_ERRORS: Final[dict[str, type[ServiceError]]] = {
    "login_refused": LoginRefused,
    "service_unreachable": Unreachable,
    "request_refused": RequestRefused,
    "unsupported": Unsupported,
    "bad_reply": BadReply,
    "reply_cut": ReplyCut,
    "service_error": ServiceError,
}
"""Codes of our own, for what the protocol has no code for; other clients go by the status."""

_CODES: Final[dict[type[FakeGPTError], str]] = {
    # The protocol's code for a login that has ended, rather than for the token that was sent.
    NotSignedIn: "expired_session_key",
    PromptTooLong: MESSAGE_TOO_LONG,
    RateLimited: MODEL_CAP_EXCEEDED,
    **{kind: code for code, kind in UPSTREAM_ERRORS.items()},
}

_CHECK_URL: Final = "Check the url of the service."
_SESSION_EXPIRED: Final = ErrorRule(NotSignedIn, "no longer accepts the login")
_TOO_LONG: Final = ErrorRule(PromptTooLong, "cannot take so long a prompt", PromptTooLong.advice)
_RATE_LIMITED: Final = ErrorRule(RateLimited, "gets too many requests", "Try again {when}.")
_BUSY: Final = ErrorRule(
    Busy,
    "is still answering another prompt of this account",
    "Try again {when}.",
    when="in a minute",
)
_CAPTCHA: Final = ErrorRule(
    Unsupported, "wants a puzzle solved that only a browser can show", "Try another model."
)
_NOT_FOUND: Final = ErrorRule(ConversationNotFound, "does not know this conversation")
_BLOCKED: Final = ErrorRule(
    RequestRefused,
    "blocks this program or this network",
    "Try a proxy, or another service.",
)
_FILTERED: Final = ErrorRule(
    RequestRefused, "stopped the prompt with its content filter", "Say it in other words."
)
_REFUSED: Final = ErrorRule(RequestRefused, "refused the request ({status})")

_BY_CODE: Final[dict[str, ErrorRule]] = {
    **{code: ErrorRule(kind, "reports an error") for code, kind in UPSTREAM_ERRORS.items()},
    "token_expired": _SESSION_EXPIRED,
    "expired_session_key": _SESSION_EXPIRED,
    "invalid_api_key": _SESSION_EXPIRED,
    "invalid_jwt": _SESSION_EXPIRED,
    "message_length_exceeds_limit": _TOO_LONG,
    "context_length_exceeded": _TOO_LONG,
    "model_cap_exceeded": _RATE_LIMITED,
    "rate_limit_exceeded": _RATE_LIMITED,
    "conversation_not_found": _NOT_FOUND,
    "history_disabled_conversation_not_found": _NOT_FOUND,
}
_BY_PHRASE: Final = (
    ("arkose", _CAPTCHA),
    ("only one message at a time", _BUSY),
    ("too many requests", _RATE_LIMITED),
    ("rate limit", _RATE_LIMITED),
)
_BY_STATUS: Final[dict[int, ErrorRule]] = {
    401: _SESSION_EXPIRED,
    403: _BLOCKED,
    404: ErrorRule(RequestRefused, "has nothing at this address (404 Not Found)", _CHECK_URL),
    405: ErrorRule(Unsupported, "does not speak the FakeGPT protocol ({status})", _CHECK_URL),
    408: ErrorRule(Unreachable, "gave up waiting"),
    413: _TOO_LONG,
    429: _RATE_LIMITED,
}
_BY_STATUS_CLASS: Final[dict[int, ErrorRule]] = {
    4: _REFUSED,
    5: ErrorRule(Unreachable, "is in trouble ({status})", "Try again {when}."),
}
_UNKNOWN: Final = ErrorRule(BadReply, "answered with the unknown {status}")
_TOO_MANY: Final = 429
_WRAPPERS: Final = (200, 500)
"""Statuses under which some services send what they mean as a `code` in the body."""

_CHALLENGES: Final = ("just a moment", "attention required", "access denied", "cloudflare")


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, service_host: str
) -> ServiceError:
    """The error that an HTTP response means, also one with status 200 that is no reply.

    The beginning of a long body is enough. What the service said is cleaned, cut, and masked where
    it looks like a secret.
    """
    named = {name.lower(): value for name, value in headers.items()}
    error = parse_error_body(body, headers)
    who = safe_line(service_host) or "The service"
    wait = error.retry_after
    if wait is None:
        wait = find_retry_after(headers, body, limited=status == _TOO_MANY)
    if status in _WRAPPERS:
        status = error.status or status
    if known := classify_error(error, who, wait):
        return known
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        return RequestRefused(_redirect_sentence(who, named.get("location", "").strip()))
    return _rule(status, error).error(who, error, wait=wait, status=status)


def classify_error(error: ErrorBody, who: str, wait: float | None) -> ServiceError | None:
    """The error that the code or the words leave no doubt of, whatever the status."""
    words = f"{error.code}\n{error.text}".lower()
    if names_filter(f'"code": "{error.code.lower()}"', words):
        return _FILTERED.error(who, error)
    rule = _BY_CODE.get(error.code) or next(
        (rule for phrase, rule in _BY_PHRASE if phrase in words), None
    )
    return rule.error(who, error, wait=wait) if rule else None


def error_text(body: bytes) -> str:
    """The message of an error body, cleaned and on one line; empty where there is none."""
    error = parse_error_body(body)
    return "" if error.is_unknown_shape else error.text


def error_body(
    message: str,
    *,
    code: str | None = None,
    clears_in: float | None = None,
    kind: str | None = None,
) -> dict[str, object]:
    """An error as the protocol has it: a plain string, or an object where there is more to say."""
    if code is None and clears_in is None and kind is None:
        return {"detail": message}
    detail: dict[str, object] = {"message": message, "type": kind, "param": None, "code": code}
    return {"detail": detail if clears_in is None else {**detail, "clears_in": clears_in}}


def error_code(error: FakeGPTError) -> str | None:
    """The code with which a client reads `error` as the same class.

    `None` where there is no code: for `Busy`, which clients know by its words alone, and for
    anything that is not an error of a service.
    """
    if isinstance(error, Busy):
        return None
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)


def error_message(error: FakeGPTError) -> str:
    """The sentence of `error`, with the words by which clients know that an account is busy."""
    sentence = str(error) or "The reply failed."
    return f"Only one message at a time: {sentence}" if isinstance(error, Busy) else sentence


def _rule(status: int, error: ErrorBody) -> ErrorRule:
    if status == 404 and "conversation" in error.text.lower():  # noqa: PLR2004 - Not Found
        return _NOT_FOUND
    if 200 <= status < 300:  # noqa: PLR2004 - success
        return _success_rule(error)
    return _BY_STATUS.get(status) or _BY_STATUS_CLASS.get(status // 100) or _UNKNOWN


def _success_rule(error: ErrorBody) -> ErrorRule:
    """The rule for a response with a status of success that is no reply."""
    if error.websocket_only:
        return ErrorRule(
            Unsupported, "wants to answer over a WebSocket, which this program cannot do"
        )
    if error.is_html and any(word in error.text.lower() for word in _CHALLENGES):
        return _BLOCKED
    if error.is_html:
        return ErrorRule(BadReply, "answered with a web page instead of a reply", _CHECK_URL)
    if error.is_json and error.text and not error.is_unknown_shape:
        return ErrorRule(RequestRefused, "refused the request")
    if error.is_json or error.text:
        return ErrorRule(BadReply, "answered with something that is no reply")
    return ErrorRule(BadReply, "answered with nothing at all")


def _redirect_sentence(who: str, location: str) -> str:
    if not location:
        return f"{who} redirects without saying where to. {_CHECK_URL}"
    place = _place_of(location)
    if not place or place.rpartition("/")[2] in who.split():
        return f"{who} redirects to another page of its own, perhaps to sign in. {_CHECK_URL}"
    return (
        f"{who} redirects to {place}, which this program does not follow. If that is the service, "
        "write it as the url."
    )


def _place_of(location: str) -> str:
    """The address in `location` without what may be secret in it: its user, path and query."""
    try:
        parts = urlsplit(location)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    scheme = f"{parts.scheme}://" if parts.scheme in ("http", "https") else ""
    return safe_line(f"{scheme if host else ''}{host}{f':{port}' if port else ''}")
