"""What the user interface needs of whoever keeps the services of the configuration."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from fakegpt_tui.domain import ConnectionCheck, FoundService, ModelRef, Service, ServiceForm


class ServiceBook(Protocol):
    """Finds, tries, adds, changes and removes services, and knows a person's favourites.

    What it raises are `ConfigError` and `SaveError`.
    """

    @property
    def favourites(self) -> tuple[ModelRef, ...]:
        """What a person has marked."""
        ...

    async def favour(self, answerer: ModelRef, *, is_one: bool) -> None:
        """Mark a model as a favourite, or no longer."""
        ...

    async def find(self) -> tuple[FoundService, ...]:
        """Model servers on this machine that are not configured yet."""
        ...

    def problems(self, draft: ServiceForm) -> Mapping[str, str]:
        """A sentence for each field of `draft` that would be refused."""
        ...

    async def keyring_trouble(self) -> str:
        """Why no key can be kept in the keyring of the system; empty where one can."""
        ...

    def key_place(self, name: str) -> str:
        """Where the key of a service is kept, in words; empty where it has none."""
        ...

    def key_to_lose(self, name: str) -> str:
        """Where the key is that goes with the service when it is removed; empty for none."""
        ...

    def try_out(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        """Use the service as it would be, and tell what works; nothing is kept."""
        ...

    async def keep(self, draft: ServiceForm) -> Service:
        """Write the service to the configuration; it can be used at once."""
        ...

    async def remove(self, name: str) -> None:
        """Take a service out of the configuration, and the key that was kept for it."""
        ...
