"""What a service says when it does not do what it was asked, in any of the known shapes."""

from collections.abc import Mapping

from fakegpt_tui.domain import ServiceError


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, *, service_host: str
) -> ServiceError:
    """The trouble that an HTTP response means, also one with status 200 that is no answer.

    The beginning of a long body is enough. What the service said is cleaned, cut, and masked where
    it looks like a secret.
    """
    raise NotImplementedError


def spoken_reason(body: bytes) -> str:
    """What `body` says to a person, cleaned and on one line; empty where it says nothing."""
    raise NotImplementedError


def error_body(
    message: str,
    *,
    code: str | None = None,
    clears_in: float | None = None,
    kind: str | None = None,
) -> dict[str, object]:
    """An error as the protocol has it: a plain string, or an object where there is more to say."""
    raise NotImplementedError
