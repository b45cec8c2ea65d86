"""A book of services that is kept in memory."""

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


class FakeBook:
    """Changes `services`; what it finds, refuses and tells of a trial is set from outside."""

    def __init__(self, services: MutableMapping[str, Service] | None = None) -> None:
        self.services: MutableMapping[str, Service] = {} if services is None else services
        self.found: tuple[FoundService, ...] = ()
        self.steps: tuple[ConnectionCheck, ...] = ()
        self.refused: dict[str, str] = {}
        self.trouble: FakeGPTError | None = None
        self.no_keyring = ""
        self.key_places: dict[str, str] = {}
        self.kept: list[ServiceForm] = []
        self.tried: list[ServiceForm] = []
        self.favourites: tuple[ModelRef, ...] = ()

    async def favour(self, answerer: ModelRef, *, is_one: bool) -> None:
        self._fail()
        rest = tuple(each for each in self.favourites if each != answerer)
        self.favourites = (*rest, answerer) if is_one else rest

    async def find(self) -> tuple[FoundService, ...]:
        return self.found

    def problems(self, draft: ServiceForm) -> Mapping[str, str]:
        return {field: text for field, text in self.refused.items() if getattr(draft, field) != ""}

    async def keyring_trouble(self) -> str:
        return self.no_keyring

    def key_place(self, name: str) -> str:
        return self.key_places.get(name, "")

    def key_to_lose(self, name: str) -> str:
        return self.key_place(name)

    async def try_out(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        self.tried.append(draft)
        for step in self.steps:
            yield step

    async def keep(self, draft: ServiceForm) -> Service:
        self._fail()
        self.kept.append(draft)
        service = Service(name=draft.name, kind=draft.kind, url=draft.url, model=draft.model)
        self.services[draft.name] = service
        return service

    async def remove(self, name: str) -> None:
        self._fail()
        if name not in self.services:
            raise ConfigError(f"There is no {name}.")
        del self.services[name]

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
