"""HTTP error responses: which error a status, its headers and its body mean."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from fakegpt_tui.domain import BadReply, RequestRefused, ServiceError, Unreachable, Unsupported, now
from fakegpt_tui.protocol.error_body import ErrorBody, parse_error_body, wait_seconds
from fakegpt_tui.protocol.fakegpt.error_codes import (
    ErrorFactory,
    classify_error,
    compose_message,
    conversation_not_found,
    prompt_too_long,
    rate_limited,
    retry_advice,
    session_expired,
)
from fakegpt_tui.text import safe_line

_CHALLENGES = ("just a moment", "attention required", "access denied", "cloudflare")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Response:
    who: str
    status: int
    error_body: ErrorBody
    wait: float | None
    redirect_host: str


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, *, service_host: str
) -> ServiceError:
    """The trouble that an HTTP response means, also one with status 200 that is no answer.

    The beginning of a long body is enough. What the service said is cleaned, cut, and masked where
    it looks like a secret.
    """
    named = {name.lower(): value for name, value in headers.items()}
    complaint = parse_error_body(body)
    wait = complaint.retry_after
    answer = _Response(
        who=safe_line(service_host) or "The service",
        status=complaint.status or status if status in _WRAPPERS else status,
        error_body=complaint,
        wait=_retry_after(named) if wait is None else wait,
        redirect_host=_host_of(named.get("location", "")),
    )
    return classify_error(complaint, answer.who, answer.wait) or _by_status(answer)


_WRAPPERS = (200, 500)
"""Statuses under which some services send what they mean as a `code` in the body."""


def error_text(body: bytes) -> str:
    """What `body` says to a person, cleaned and on one line; empty where it says nothing."""
    return parse_error_body(body).text


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


def _by_status(answer: _Response) -> ServiceError:
    if trouble := _BY_STATUS.get(answer.status):
        return trouble(answer.error_body, answer.who, answer.wait)
    handler = _BY_STATUS_HERE.get(answer.status) or _BY_STATUS_CLASS.get(
        answer.status // 100, _unknown_status
    )
    return handler(answer)


def _refused(answer: _Response) -> ServiceError:
    lead = f"{answer.who} refused the request ({_status_label(answer.status)})"
    return RequestRefused(compose_message(lead, answer.error_body))


def _blocked(answer: _Response) -> ServiceError:
    lead = f"{answer.who} blocks this program or this network"
    return RequestRefused(
        compose_message(lead, answer.error_body, "Try a proxy, or another service.")
    )


def _not_found(answer: _Response) -> ServiceError:
    if "conversation" in answer.error_body.text.lower():
        return conversation_not_found(answer.error_body, answer.who, answer.wait)
    lead = f"{answer.who} has nothing at this address (404 Not Found)"
    return RequestRefused(compose_message(lead, answer.error_body, "Check the url of the service."))


def _other_protocol(answer: _Response) -> ServiceError:
    lead = f"{answer.who} does not speak the FakeGPT protocol ({_status_label(answer.status)})"
    return Unsupported(compose_message(lead, answer.error_body, "Check the url of the service."))


def _unavailable(answer: _Response) -> ServiceError:
    lead = f"{answer.who} is in trouble ({_status_label(answer.status)})"
    advice = retry_advice(answer.wait)
    return Unreachable(compose_message(lead, answer.error_body, advice), retry_after=answer.wait)


def _timed_out(answer: _Response) -> ServiceError:
    return Unreachable(compose_message(f"{answer.who} gave up waiting", answer.error_body))


def _redirected(answer: _Response) -> ServiceError:
    goal = answer.redirect_host or "another address"
    return RequestRefused(
        f"{answer.who} sends this program on to {goal}, where it does not follow."
        " Check the url of the service."
    )


def _not_a_stream(answer: _Response) -> ServiceError:
    who, complaint = answer.who, answer.error_body
    if complaint.websocket_only:
        return Unsupported(f"{who} wants to answer over a WebSocket, which this program cannot do.")
    if complaint.is_html:
        if any(word in complaint.text.lower() for word in _CHALLENGES):
            return _blocked(answer)
        lead = f"{who} answered with a web page instead of a reply"
        return BadReply(compose_message(lead, complaint, "Check the url of the service."))
    if complaint.is_json and complaint.text:
        return RequestRefused(compose_message(f"{who} refused the request", complaint))
    if complaint.is_json or complaint.text:
        return BadReply(
            compose_message(f"{who} answered with something that is no reply", complaint)
        )
    return BadReply(f"{who} answered with nothing at all.")


def _unknown_status(answer: _Response) -> ServiceError:
    lead = f"{answer.who} answered with the unheard-of status {answer.status}"
    return BadReply(compose_message(lead, answer.error_body))


_BY_STATUS: Mapping[int, ErrorFactory] = {
    401: session_expired,
    413: prompt_too_long,
    429: rate_limited,
}
_BY_STATUS_HERE: Mapping[int, Callable[[_Response], ServiceError]] = {
    403: _blocked,
    404: _not_found,
    405: _other_protocol,
    408: _timed_out,
}


_BY_STATUS_CLASS: Mapping[int, Callable[[_Response], ServiceError]] = {
    2: _not_a_stream,
    3: _redirected,
    4: _refused,
    5: _unavailable,
}


def _status_label(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", value):
        return wait_seconds(float(value))
    until = _date(value)
    if until is None:
        return None
    # Against the clock of the service where it tells, so that a wrong one here does no harm.
    asked_at = _date(headers.get("date", "")) or now()
    return wait_seconds(max(0.0, (until - asked_at).total_seconds()))


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _host_of(location: str) -> str:
    try:
        return safe_line(urlsplit(location).hostname or "")
    except ValueError:
        return ""
