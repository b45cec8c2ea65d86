"""Fields of the service form: their names, what stands in them, and which kinds have them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from textual.content import Content

from fakegpt_tui.domain import (
    ConnectionCheck,
    NotSignedIn,
    Secret,
    Service,
    ServiceForm,
    ServiceKind,
)
from fakegpt_tui.domain.service_setup import complete_address
from fakegpt_tui.text import safe_line, strip_pasted
from fakegpt_tui.ui.options import ServiceRepository
from fakegpt_tui.ui.service_rows import check_step_line

KINDS: Final = sorted(
    (kind for kind in ServiceKind if kind.label), key=lambda each: not each.is_api
)
_ADDRESSES: Final = {
    ServiceKind.OPENAI: "such as http://127.0.0.1:11434",
    ServiceKind.RESPONSES: "such as https://api.openai.com/v1",
    ServiceKind.ANTHROPIC: "such as https://api.anthropic.com",
    ServiceKind.FAKEGPT: "such as https://chat.example.org",
}
_KEYS: Final = {
    ServiceKind.OPENAI: "if it wants one; servers on this machine mostly do not",
    ServiceKind.RESPONSES: "sent as Authorization",
    ServiceKind.ANTHROPIC: "sent as x-api-key",
}
_HEADERS: Final = {
    ServiceKind.ANTHROPIC: "x-api-key; some services want Authorization",
}
_NO_PROXY: Final = "none"
FIELDS: Final = {
    "name": ("Name", "such as ollama"),
    "url": ("Address", ""),
    "model": ("Model", "empty: the first that it lists"),
    "key": ("Key", ""),
    "key_env": ("or variable", "the environment variable that holds the key"),
    "key_header": ("its header", "Authorization; some services want api-key"),
    "cache": ("Cache", "off, 5m or 1h; empty: as the service is used to"),
    "api_version": ("Version", "of the protocol; 2023-06-01"),
    "proxy": ("Proxy", "that of the environment; off for none at all"),
    "first_event": ("First word", "may take 600 seconds"),
    "idle": ("Silence", "in a reply may last 600 seconds"),
}
_ABOUT_KEYS: Final = ("key", "key_env", "key_in_file", "without_key", "key_header")
_OPTIONS: Final = ("cache", "web_search", "api_version")
"""What `ServiceKind.options` may name."""
_BY_KIND: Final = {"url": _ADDRESSES, "key": _KEYS, "key_header": _HEADERS}


def without_others(form: ServiceForm) -> ServiceForm:
    """A form that is filled in, without the fields that its kind has not."""
    if not form.kind.is_api:
        form = replace(form, key=None, key_env="", without_key=False, key_header="")
    options = form.kind.options
    return replace(
        form,
        cache=form.cache if "cache" in options else "",
        api_version=form.api_version if "api_version" in options else "",
        web_search=form.web_search and "web_search" in options,
    )


class KnownFields:
    """What is known of a service that is changed; neither a key nor a password is ever shown."""

    def __init__(
        self, registry: ServiceRepository, service: Service | None, taken: Collection[str]
    ) -> None:
        """With no `service` one is added, whose name must not be among those that are `taken`."""
        self._registry = registry
        self._service = service
        self._taken = taken

    def problems(self, form: ServiceForm) -> Mapping[str, str]:
        """What is wrong with fields as they are filled in, once the address is completed."""
        problems = self._registry.validate(
            replace(form, url=complete_address(strip_pasted(form.url)))
        )
        if self._service is None and form.name in self._taken:
            taken = "There is a service of that name; F2 changes it in the list."
            problems = {**problems, "name": taken}
        return problems

    def value(self, field: str) -> str:
        """What stands in a field at first."""
        service = self._service
        if service is None:
            return ""
        if field == "proxy":
            proxy = service.proxy.reveal() if service.proxy else ""
            return "" if "@" in proxy else proxy
        return str(getattr(ServiceForm.of(service), field) or "")

    def hint(self, field: str, kind: ServiceKind) -> str:
        """What stands in an empty field, where a service of that kind is filled in."""
        usual = _BY_KIND.get(field, {}).get(kind, FIELDS[field][1])
        return safe_line(self._kept(field) or usual, 200)

    def _kept(self, field: str) -> str:
        """What stays where a field is left empty, and is not shown."""
        service = self._service
        if service is None:
            return ""
        place = self._registry.key_location(service.name)
        if field == "key" and place:
            return f"stays in {place}; another takes its place"
        if field == "proxy" and service.proxy and not self.value("proxy"):
            return f"stays, with its password; “{_NO_PROXY}” takes it away"
        return ""

    def proxy(self, typed: str) -> Secret | None:
        """The proxy to be used from now on; `None` keeps the one that is set."""
        if typed == self.value("proxy"):
            return None
        return Secret("" if typed.casefold() == _NO_PROXY else typed)

    def needs(self, kind: ServiceKind) -> Mapping[str, bool]:
        """Is a field wanted for a service of that kind? One of FakeGPT has a login, and no key."""
        name = self._service.name if self._service else ""
        has_key = kind.is_api and bool(name and self._registry.key_location(name))
        options = {field: field in kind.options for field in _OPTIONS}
        return {**dict.fromkeys(_ABOUT_KEYS, kind.is_api), "without_key": has_key, **options}

    @property
    def taking_away(self) -> str:
        """What removing the key deletes; a file of the user's own stays."""
        name = self._service.name if self._service else ""
        lost = self._registry.removable_key_location(name)
        return safe_line(f"take the key away{f', and delete it from {lost}' if lost else ''}", 200)


def check_line(step: ConnectionCheck) -> Content:
    """A step of a trial, without what a person is to do elsewhere: the key is typed here."""
    return check_step_line(replace(step, sentence=step.sentence.removesuffix(NotSignedIn.advice)))
