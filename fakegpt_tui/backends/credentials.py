"""The API key of a service, read where it is stored and never written anywhere."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from fakegpt_tui.domain import ConfigError, NotSignedIn, Secret, ServiceError

ReadKey: TypeAlias = Callable[[], Secret | None]
"""Reads the key; `None` where the service has none. May take its time, and raise ConfigError."""


class ApiKey:
    """Reads a key once, and once more after it was refused: it may have been put right."""

    def __init__(self, read: ReadKey) -> None:
        """Read the key.

        Raises:
            ConfigError: It cannot be read.
        """
        self._read = read
        self._key = read()
        self._is_refused = False
        self._lock = asyncio.Lock()

    @property
    def is_set(self) -> bool:
        """Is there a key at all?"""
        return self._key is not None

    async def headers(self) -> dict[str, str]:
        """The headers that carry the key.

        Raises:
            NotSignedIn: It was refused before, and cannot be read any more.
        """
        async with self._lock:
            if self._is_refused:
                try:
                    self._key = await asyncio.to_thread(self._read)
                except ConfigError as error:
                    raise NotSignedIn(str(error)) from error
                self._is_refused = False
        return {} if self._key is None else {"Authorization": f"Bearer {self._key.reveal()}"}

    def redact(self, error: ServiceError) -> None:
        """Take the key out of what `error` says: some services repeat what they were given."""
        if self._key is not None and (key := self._key.reveal()) in str(error):
            error.args = (str(error).replace(key, str(self._key)),)

    def mark_refused(self) -> None:
        """Note that the service did not accept the key."""
        self._is_refused = True
