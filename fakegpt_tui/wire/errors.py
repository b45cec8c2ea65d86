"""The errors of an HTTP service: what a response means, and how a host tells of one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from fakegpt_tui.domain import BadReply, RequestRefused, ServiceError, Unreachable, Unsupported, now
from fakegpt_tui.text import safe_line
from fakegpt_tui.wire.complaints import Complaint, read_complaint, seconds
from fakegpt_tui.wire.troubles import (
    Trouble,
    conversation_unknown,
    known_trouble,
    rate_limited,
    sentence,
    signed_out,
    too_long,
    try_again,
)

_CHALLENGES = ("just a moment", "attention required", "access denied", "cloudflare")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    who: str
    status: int
    complaint: Complaint
    wait: float | None
    moved_to: str


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, *, service_host: str
) -> ServiceError:
    """The trouble that an HTTP response means, also one with status 200 that is no answer.

    The beginning of a long body is enough. What the service said is cleaned, cut, and masked where
    it looks like a secret.
    """
    named = {name.lower(): value for name, value in headers.items()}
    complaint = read_complaint(body)
    wait = complaint.clears_in
    answer = _Answer(
        who=safe_line(service_host) or "The service",
        status=complaint.status or status if status in _WRAPPERS else status,
        complaint=complaint,
        wait=_retry_after(named) if wait is None else wait,
        moved_to=_host_of(named.get("location", "")),
    )
    return known_trouble(complaint, answer.who, answer.wait) or _by_status(answer)


_WRAPPERS = (200, 500)
"""Statuses under which some services send what they mean as a `code` in the body."""


def spoken_reason(body: bytes) -> str:
    """What `body` says to a person, cleaned and on one line; empty where it says nothing."""
    return read_complaint(body).text


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


def _by_status(answer: _Answer) -> ServiceError:
    if trouble := _TROUBLES.get(answer.status):
        return trouble(answer.complaint, answer.who, answer.wait)
    handler = _HANDLERS.get(answer.status) or _FAMILIES.get(answer.status // 100, _unheard_of)
    return handler(answer)


def _refused(answer: _Answer) -> ServiceError:
    lead = f"{answer.who} refused the request ({_named(answer.status)})"
    return RequestRefused(sentence(lead, answer.complaint))


def _blocked(answer: _Answer) -> ServiceError:
    lead = f"{answer.who} blocks this program or this network"
    return RequestRefused(sentence(lead, answer.complaint, "Try a proxy, or another service."))


def _missing(answer: _Answer) -> ServiceError:
    if "conversation" in answer.complaint.text.lower():
        return conversation_unknown(answer.complaint, answer.who, answer.wait)
    lead = f"{answer.who} has nothing at this address (404 Not Found)"
    return RequestRefused(sentence(lead, answer.complaint, "Check the url of the service."))


def _other_protocol(answer: _Answer) -> ServiceError:
    lead = f"{answer.who} does not speak the FakeGPT protocol ({_named(answer.status)})"
    return Unsupported(sentence(lead, answer.complaint, "Check the url of the service."))


def _down(answer: _Answer) -> ServiceError:
    lead = f"{answer.who} is in trouble ({_named(answer.status)})"
    advice = try_again(answer.wait)
    return Unreachable(sentence(lead, answer.complaint, advice), retry_after=answer.wait)


def _too_slow(answer: _Answer) -> ServiceError:
    return Unreachable(sentence(f"{answer.who} gave up waiting", answer.complaint))


def _moved(answer: _Answer) -> ServiceError:
    goal = answer.moved_to or "another address"
    return RequestRefused(
        f"{answer.who} sends this program on to {goal}, where it does not follow."
        " Check the url of the service."
    )


def _not_an_answer(answer: _Answer) -> ServiceError:
    who, complaint = answer.who, answer.complaint
    if complaint.hand_off:
        return Unsupported(f"{who} wants to answer over a WebSocket, which this program cannot do.")
    if complaint.is_page:
        if any(word in complaint.text.lower() for word in _CHALLENGES):
            return _blocked(answer)
        lead = f"{who} answered with a web page instead of a reply"
        return BadReply(sentence(lead, complaint, "Check the url of the service."))
    if complaint.is_json and complaint.text:
        return RequestRefused(sentence(f"{who} refused the request", complaint))
    if complaint.is_json or complaint.text:
        return BadReply(sentence(f"{who} answered with something that is no reply", complaint))
    return BadReply(f"{who} answered with nothing at all.")


def _unheard_of(answer: _Answer) -> ServiceError:
    lead = f"{answer.who} answered with the unheard-of status {answer.status}"
    return BadReply(sentence(lead, answer.complaint))


_TROUBLES: Mapping[int, Trouble] = {401: signed_out, 413: too_long, 429: rate_limited}
_HANDLERS: Mapping[int, Callable[[_Answer], ServiceError]] = {
    403: _blocked,
    404: _missing,
    405: _other_protocol,
    408: _too_slow,
}


_FAMILIES: Mapping[int, Callable[[_Answer], ServiceError]] = {
    2: _not_an_answer,
    3: _moved,
    4: _refused,
    5: _down,
}


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", value):
        return seconds(float(value))
    until = _date(value)
    if until is None:
        return None
    # Against the clock of the service where it tells, so that a wrong one here does no harm.
    asked_at = _date(headers.get("date", "")) or now()
    return seconds(max(0.0, (until - asked_at).total_seconds()))


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
