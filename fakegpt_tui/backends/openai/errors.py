"""Error responses of OpenAI-compatible services."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from fakegpt_tui.domain import (
    Busy,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unsupported,
)
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.protocol.error_body import ErrorBody, parse_error_body, read_error_value
from fakegpt_tui.protocol.fakegpt.error_codes import compose_message
from fakegpt_tui.text import safe_line

_TOO_LONG: Final = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size)"
    r"|prompt is too long|input is too long|max_model_len|maximum (?:prompt|input) length"
    r"|too many (?:input )?tokens"
)
_WINDOW: Final = re.compile(
    r'"n_ctx"\s*:\s*(\d{2,8})'
    r"|context (?:length|window|size)[^.\d]{0,40}(\d[\d,]{1,9})"
    r"|max_model_len[^.\d]{0,20}(\d[\d,]{1,9})"
    r"|(?:tokens >|maximum of|limit of) (\d[\d,]{1,9})"
)
_MIN_WINDOW: Final = 64
_NO_CREDIT_WORDS: Final = ("insufficient_quota", "insufficient credits", "insufficient balance")
_TEXT_BYTES: Final = 64_000
_STATUS_DIGITS: Final = 3


class ContextWindowExceeded(PromptTooLong):
    """The conversation is longer than the model's window, which is `window` tokens if told."""

    def __init__(self, sentence: str, *, window: int | None) -> None:
        super().__init__(sentence)
        self.window = window


class UnsupportedParameter(RequestRefused):
    """The request was refused for its form, perhaps for a field that the service does not know.

    `said` is the answer as it came, not to be shown.
    """

    def __init__(self, sentence: str, said: str) -> None:
        super().__init__(sentence)
        self.response_text = said


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, service_host: str
) -> ServiceError:
    """The trouble that a response means; what cannot be known better is as in any service."""
    complaint = parse_error_body(body)
    who = f"The service at {safe_line(service_host)}"
    said = body[:_TEXT_BYTES].decode(errors="replace")
    if trouble := _by_words(complaint, said, who, status):
        return trouble
    if not complaint.is_html and (explain := _BY_STATUS.get(status)):
        return explain(complaint, who, said)
    general = fakegpt.response_error(status, headers, body, service_host=who)
    if isinstance(general, NotSignedIn):
        return _key_refused(complaint, who, said)
    return general


def stream_error(value: object, said: str) -> ServiceError:
    """The trouble that an event inside a stream tells; `said` is the event as it came."""
    who = "The service"
    complaint = read_error_value(value)
    status = complaint.status or _inner_status(value)
    if trouble := _by_words(complaint, said, who, status):
        return trouble
    if "rate_limit" in complaint.code or status == _TOO_MANY:
        text = compose_message(f"{who} gets too many requests", complaint, "Try again later.")
        return RateLimited(text, retry_after=complaint.retry_after)
    return ServiceError(compose_message(f"{who} broke off the reply", complaint))


def _inner_status(value: object) -> int:
    match value:
        case {"error": {"code": int(status)}} | {"error": {"status": int(status)}}:
            return status
        case {"error": {"code": str(digits)}} if digits.isdecimal():
            return int(digits[:_STATUS_DIGITS])
        case _:
            return 0


def _by_words(complaint: ErrorBody, said: str, who: str, status: int) -> ServiceError | None:
    words = said.casefold()
    if any(words_of in words for words_of in _NO_CREDIT_WORDS) or status == _PAYMENT:
        lead = f"{who} says that the account behind the key has no credit left"
        return RequestRefused(compose_message(lead, complaint))
    if status in _MAY_BE_LENGTH and (status == _TOO_LARGE or _TOO_LONG.search(words)):
        lead = f"{who} cannot take so long a conversation"
        advice = "Send less, or start a new conversation."
        return ContextWindowExceeded(
            compose_message(lead, complaint, advice), window=_window(words)
        )
    if any(words_of in words for words_of in _BAD_KEY) and status in _MAY_BE_KEY:
        return _key_refused(complaint, who, said)
    return None


_PAYMENT: Final = 402
_TOO_LARGE: Final = 413
_TOO_MANY: Final = 429
_BAD_KEY: Final = ("invalid_api_key", "api key not valid", "incorrect api key")
_MAY_BE_KEY: Final = (0, 400, 401, 403)
_MAY_BE_LENGTH: Final = (0, 400, 413, 422, 500)


def _window(words: str) -> int | None:
    for match in _WINDOW.finditer(words):
        window = int(next(group for group in match.groups() if group).replace(",", ""))
        if window >= _MIN_WINDOW:
            return window
    return None


def _key_refused(complaint: ErrorBody, who: str, _said: str) -> ServiceError:
    lead = f"{who} does not accept the key, or wants one"
    advice = "Set key_env, key_file or key_keyring of the service."
    return NotSignedIn(compose_message(lead, complaint, advice))


def _forbidden(complaint: ErrorBody, who: str, _said: str) -> ServiceError:
    lead = f"{who} does not allow this with this key (403 Forbidden)"
    return RequestRefused(compose_message(lead, complaint, "Check the key and the model."))


def _not_found(complaint: ErrorBody, who: str, _said: str) -> ServiceError:
    lead = f"{who} knows no such model or address (404 Not Found)"
    return RequestRefused(
        compose_message(lead, complaint, "Check the url and the model of the service.")
    )


def _other_protocol(complaint: ErrorBody, who: str, _said: str) -> ServiceError:
    lead = f"{who} does not speak the OpenAI protocol at this address"
    return Unsupported(compose_message(lead, complaint, "Check the url of the service."))


def _conflict(complaint: ErrorBody, who: str, _said: str) -> ServiceError:
    return Busy(
        compose_message(f"{who} is busy (409 Conflict)", complaint, "Try again in a minute.")
    )


def _invalid_parameter(complaint: ErrorBody, who: str, said: str) -> ServiceError:
    return UnsupportedParameter(compose_message(f"{who} refused the request", complaint), said)


_BY_STATUS: Final[Mapping[int, Callable[[ErrorBody, str, str], ServiceError]]] = {
    400: _invalid_parameter,
    401: _key_refused,
    403: _forbidden,
    404: _not_found,
    405: _other_protocol,
    409: _conflict,
    422: _invalid_parameter,
    501: _other_protocol,
}
