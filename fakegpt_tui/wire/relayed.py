"""The names under which a host passes on what befell it, so that it stays what it was."""

from typing import Final

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
