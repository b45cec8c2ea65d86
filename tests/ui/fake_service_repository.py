"""A registry of services that is kept in memory."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, MutableMapping

from fakegpt_tui.domain import (
    ConfigError,
    ConnectionCheck,
    FakeGPTError,
    FoundService,
    ModelRef,
    Service,
    ServiceForm,
)


class FakeServiceRepository:
    """Changes `services`; what it finds, refuses and tells of a trial is set from outside."""

    def __init__(self, services: MutableMapping[str, Service] | None = None) -> None:
        self.services: MutableMapping[str, Service] = {} if services is None else services
        self.found: tuple[FoundService, ...] = ()
        self.steps: tuple[ConnectionCheck, ...] = ()
        self.refused: dict[str, str] = {}
        self.may_go_on = asyncio.Event()
        """What each step of a trial waits for before the next one."""
        self.may_go_on.set()
        self.error: FakeGPTError | None = None
        self.no_keyring = ""
        self.key_locations: dict[str, str] = {}
        self.saved: list[ServiceForm] = []
        self.checked: list[ServiceForm] = []
        self.validated: list[ServiceForm] = []
        self.favourites: tuple[ModelRef, ...] = ()

    async def set_favourite(self, answerer: ModelRef, *, favourite: bool) -> None:
        self._fail()
        rest = tuple(each for each in self.favourites if each != answerer)
        self.favourites = (*rest, answerer) if favourite else rest

    async def discover(self) -> tuple[FoundService, ...]:
        return self.found

    def validate(self, draft: ServiceForm) -> Mapping[str, str]:
        self.validated.append(draft)
        return {field: text for field, text in self.refused.items() if getattr(draft, field) != ""}

    async def keyring_error(self) -> str:
        return self.no_keyring

    def key_location(self, name: str) -> str:
        return self.key_locations.get(name, "")

    def removable_key_location(self, name: str) -> str:
        return self.key_location(name)

    async def check_connection(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        self.checked.append(draft)
        for step in self.steps:
            yield step
            await self.may_go_on.wait()

    async def save(self, draft: ServiceForm) -> Service:
        self._fail()
        self.saved.append(draft)
        service = Service(name=draft.name, kind=draft.kind, url=draft.url, model=draft.model)
        self.services[draft.name] = service
        return service

    async def remove(self, name: str) -> None:
        self._fail()
        if name not in self.services:
            raise ConfigError(f"There is no {name}.")
        del self.services[name]

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
