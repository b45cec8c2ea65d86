"""What the user interface needs of whoever keeps the services of the configuration."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from fakegpt_tui.domain import ConnectionCheck, FoundService, ModelRef, Service, ServiceForm


class ServiceRepository(Protocol):
    """Finds, tries, adds, changes and removes services, and knows a person's favourites.

    What it raises are `ConfigError` and `SaveError`.
    """

    @property
    def favourites(self) -> tuple[ModelRef, ...]:
        """What a person has marked."""
        ...

    async def set_favourite(self, answerer: ModelRef, *, favourite: bool) -> None:
        """Mark a model as a favourite, or no longer."""
        ...

    async def discover(self) -> tuple[FoundService, ...]:
        """Model servers on this machine that are not configured yet."""
        ...

    def validate(self, draft: ServiceForm) -> Mapping[str, str]:
        """A sentence for each field of `draft` that would be refused."""
        ...

    async def keyring_error(self) -> str:
        """Why no key can be kept in the keyring of the system; empty where one can."""
        ...

    def key_location(self, name: str) -> str:
        """Where the key of a service is kept, in words; empty where it has none."""
        ...

    def removable_key_location(self, name: str) -> str:
        """Where the key is that goes with the service when it is removed; empty for none."""
        ...

    def check_connection(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        """Use the service as it would be, and tell what works; nothing is kept."""
        ...

    async def save(self, draft: ServiceForm) -> Service:
        """Write the service to the configuration; it can be used at once."""
        ...

    async def remove(self, name: str) -> None:
        """Take a service out of the configuration, and the key that was kept for it."""
        ...
