"""Service forms: adding a service or changing one field of it, as typed behind a slash command."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from fakegpt_tui.chat.services import Services
from fakegpt_tui.domain import ConfigError, NotFound, Service, ServiceForm, ServiceKind


class ServiceWriter(Protocol):
    """Writes services to the configuration; raises a `FakeGPTError` where it cannot."""

    def validate(self, draft: ServiceForm) -> Mapping[str, str]: ...
    async def save(self, draft: ServiceForm) -> Service: ...


def new_form(name: str, url: str, model: str) -> ServiceForm:
    """A service of the protocol that most servers speak."""
    return ServiceForm(name=name, kind=ServiceKind.OPENAI, url=url, model=model)


def with_field(form: ServiceForm, change: str) -> ServiceForm:
    """A form with one field changed, as in `model=m-1`.

    Raises:
        ConfigError: There is no such kind of service.
    """
    field, _, value = change.partition("=")
    if field == "kind":
        return replace(form, kind=_kind(value))
    changed: dict[str, Any] = {field: value}
    return replace(form, **changed)


async def save_form(writer: ServiceWriter, services: Services, form: ServiceForm) -> Service:
    """Write a service, and use it as it is now.

    Raises:
        ConfigError: Something in it cannot be used.
        SaveError: It cannot be written.
    """
    if problems := writer.validate(form):
        raise ConfigError(" ".join(problems.values()))
    service = await writer.save(form)
    services.reconnect(service.name)
    return service


def known_service(services: Services, name: str) -> Service:
    """A service by its name.

    Raises:
        NotFound: There is none; the sentence says which there are.
    """
    service = services.find(name)
    if service is None:
        known = ", ".join(each.name for each in services.all())
        raise NotFound(f"There is no service {name!r}; there are {known}.")
    return service


def _kind(value: str) -> ServiceKind:
    try:
        return ServiceKind(value)
    except ValueError as error:
        known = ", ".join(each.value for each in ServiceKind)
        raise ConfigError(f"There is no kind {value!r}; there are {known}.") from error
