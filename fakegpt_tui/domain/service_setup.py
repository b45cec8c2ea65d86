"""Setting up a service: the form that a person fills in, servers found, and connection checks."""

from __future__ import annotations

import re
from typing import Final, Self

from fakegpt_tui.domain.services import Model, Secret, Service, ServiceKind, TimeLimits
from fakegpt_tui.fast_import import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceForm:
    """A service as a person fills it in.

    Its key is named by the environment variable `key_env`, or given as `key`; that one goes to the
    keyring of the system, or with `key_in_file` to a file of its own beside the configuration. With
    `without_key` the one that there was is taken away, as an empty `proxy` does with the proxy.
    `first_event` and `idle` are limits in seconds as they were typed, empty for the usual ones.
    What `ServiceKind.options` does not name is not kept for that kind, nor is a `key_header` where
    there are no keys.
    """

    name: str
    kind: ServiceKind
    url: str
    model: str = ""
    key_env: str = ""
    key: Secret | None = None
    key_in_file: bool = False
    without_key: bool = False
    key_header: str = ""
    proxy: Secret | None = None
    first_event: str = ""
    idle: str = ""
    cache: str = ""
    web_search: bool = False
    api_version: str = ""

    @classmethod
    def of(cls, service: Service, model: str = "") -> Self:
        """A service as it is configured, with another model where one is given.

        What it leaves open, its key and its proxy, stays when it is saved.
        """
        return cls(
            name=service.name,
            kind=service.kind,
            url=service.url,
            model=model or service.model,
            key_header=service.key_header,
            first_event=_typed_limit(service.limits.first_event, _USUAL_LIMITS.first_event),
            idle=_typed_limit(service.limits.idle, _USUAL_LIMITS.idle),
            cache=service.cache,
            web_search=service.web_search,
            api_version=service.api_version,
        )


_USUAL_LIMITS: Final = TimeLimits()


def _typed_limit(seconds: float, usual: float) -> str:
    return "" if seconds == usual else f"{seconds:g}"


_NEAR: Final = (
    r"(?:localhost|127(?:\.\d+){3}|10(?:\.\d+){3}|192\.168(?:\.\d+){2}|\[::1\]|[\w-]+\.local)"
    r"(?=:|/|$)"
)
_WITHOUT_SCHEME: Final = r"(?=localhost|.*[.:/])(?:\[[\da-fA-F:]+\]|[\w.-]+)(?::\d+)?(?:/\S*)?"


def complete_address(typed: str) -> str:
    """An address with the scheme that a person left out: that of a machine near by is plain.

    Anything else is never asked without encryption, as a key may go along.
    """
    if not re.fullmatch(_WITHOUT_SCHEME, typed):
        return typed
    return f"{'http' if re.match(_NEAR, typed, re.IGNORECASE) else 'https'}://{typed}"


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """One step of checking a connection: a sentence for the user, and whether it worked.

    `models` are those that the service offers, once they are known.
    """

    sentence: str
    worked: bool
    models: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundService:
    """A model server found on this machine, as a service that could be added."""

    service: Service
    models: tuple[Model, ...]
