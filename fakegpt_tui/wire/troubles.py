"""Which trouble a complaint is, as far as its words and its code tell."""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

from fakegpt_tui.domain import (
    Busy,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unsupported,
)
from fakegpt_tui.wire.complaints import ErrorBody
from fakegpt_tui.wire.relayed import UPSTREAM_ERRORS

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
