"""Error codes and phrases: which error they mean, and the codes that the host passes on."""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

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
from fakegpt_tui.protocol.error_body import ErrorBody

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
    # The protocol's word for a login that is over, and not for the token that was sent.
    NotSignedIn: "expired_session_key",
    PromptTooLong: MESSAGE_TOO_LONG,
    RateLimited: MODEL_CAP_EXCEEDED,
    **{kind: code for code, kind in UPSTREAM_ERRORS.items()},
}


def error_code(error: FakeGPTError) -> str | None:
    """The code that makes `error` arrive as what it is.

    `None` for what has no code: `Busy`, which clients know by its words alone, and whatever is no
    trouble with a service.
    """
    if isinstance(error, Busy):
        return None
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)


def error_message(error: FakeGPTError) -> str:
    """The sentence of `error`, with the words by which clients know that an account is busy."""
    sentence = str(error) or "The reply failed."
    return f"Only one message at a time: {sentence}" if isinstance(error, Busy) else sentence


ErrorFactory: TypeAlias = Callable[[ErrorBody, str, float | None], ServiceError]
"""Makes the error of a complaint, of the name of who complains, and of the seconds to wait."""


class ConversationNotFound(RequestRefused):
    """The service has no such conversation, or not for this account and password."""


def classify_error(complaint: ErrorBody, who: str, wait: float | None) -> ServiceError | None:
    """The trouble that the code or the words make sure of, whatever the status."""
    if relayed := UPSTREAM_ERRORS.get(complaint.code):
        return relayed(compose_message(f"{who} reports trouble", complaint))
    words = f"{complaint.code}\n{complaint.text}".lower()
    trouble = _BY_CODE.get(complaint.code) or next(
        (trouble for phrase, trouble in _BY_PHRASE if phrase in words), None
    )
    return trouble(complaint, who, wait) if trouble else None


def session_expired(complaint: ErrorBody, who: str, _wait: float | None) -> NotSignedIn:
    return NotSignedIn(compose_message(f"{who} no longer accepts the login", complaint))


def prompt_too_long(complaint: ErrorBody, who: str, _wait: float | None) -> PromptTooLong:
    lead = f"{who} cannot take so long a prompt"
    return PromptTooLong(
        compose_message(lead, complaint, "Send less, or start a new conversation.")
    )


def conversation_not_found(
    complaint: ErrorBody, who: str, _wait: float | None
) -> ConversationNotFound:
    return ConversationNotFound(
        compose_message(f"{who} does not know this conversation", complaint)
    )


def rate_limited(complaint: ErrorBody, who: str, wait: float | None) -> RateLimited:
    lead = f"{who} gets too many requests"
    return RateLimited(compose_message(lead, complaint, retry_advice(wait)), retry_after=wait)


def retry_advice(wait: float | None, otherwise: str = "later") -> str:
    """When to try again, as a sentence."""
    return f"Try again {otherwise if wait is None else f'in {_format_wait(wait)}'}."


def compose_message(lead: str, complaint: ErrorBody, advice: str = "") -> str:
    """`lead`, what was said, and what to do, as whole sentences."""
    said = f"{lead}: {complaint.text}" if complaint.text else lead
    ended = said if said.endswith((".", "!", "?", "…", "。")) else f"{said}."
    return ended if ended.endswith(advice) else f"{ended} {advice}"


def _busy(complaint: ErrorBody, who: str, wait: float | None) -> Busy:
    lead = f"{who} is still answering another prompt of this account"
    return Busy(
        compose_message(lead, complaint, retry_advice(wait, "in a minute")), retry_after=wait
    )


def _captcha_required(complaint: ErrorBody, who: str, _wait: float | None) -> Unsupported:
    lead = f"{who} wants a puzzle solved that only a browser can show"
    return Unsupported(compose_message(lead, complaint, "Try another model."))


_BY_CODE: Final[dict[str, ErrorFactory]] = {
    "token_expired": session_expired,
    "expired_session_key": session_expired,
    "invalid_api_key": session_expired,
    "invalid_jwt": session_expired,
    "message_length_exceeds_limit": prompt_too_long,
    "context_length_exceeded": prompt_too_long,
    "model_cap_exceeded": rate_limited,
    "rate_limit_exceeded": rate_limited,
    "conversation_not_found": conversation_not_found,
    "history_disabled_conversation_not_found": conversation_not_found,
}
_BY_PHRASE: Final[tuple[tuple[str, ErrorFactory], ...]] = (
    ("arkose", _captcha_required),
    ("only one message at a time", _busy),
    ("too many requests", rate_limited),
    ("rate limit", rate_limited),
)

_MANY_SECONDS = 100
_MANY_MINUTES = 100


def _format_wait(wait: float) -> str:
    if wait <= 1:
        return "a second"
    if wait < _MANY_SECONDS:
        return f"{math.ceil(wait)} seconds"
    minutes = math.ceil(wait / 60)
    return f"{minutes} minutes" if minutes < _MANY_MINUTES else f"{math.ceil(wait / 3600)} hours"
