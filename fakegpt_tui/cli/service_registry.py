"""Services of the configuration: find, test, add, change and remove them at run time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fakegpt_tui.cli.app import build_api_backend, build_connection
from fakegpt_tui.config.atomic_file import edit_file, write_secret
from fakegpt_tui.config.secrets import (
    KeyInEnvironment,
    KeyInFile,
    KeyInKeyring,
    Keyring,
    KeyringError,
    KeySource,
    SystemKeyring,
    read_key,
    store_key,
)
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import (
    ConfigError,
    ConnectionCheck,
    FoundService,
    ModelRef,
    SaveError,
    Secret,
    Service,
    ServiceForm,
)

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import Backend
    from fakegpt_tui.config.edit import Value

T = TypeVar("T")


class ServiceRegistry:
    """Knows the services, finds, tries, adds, changes and removes them.

    `settings` are to be used in place of those it was made with: their services and keys are the
    ones of this moment, also after a change.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str] = os.environ,
        keyring: Keyring | None = None,
    ) -> None:
        self._services = dict(settings.services)
        self._keys = dict(settings.service_keys)
        self._upstreams = dict(settings.upstreams)
        self._favourites = list(settings.favourites)
        self._environ = environ
        self._keyring = keyring or SystemKeyring()
        self.settings = replace(
            settings,
            services=self._services,
            service_keys=self._keys,
            upstreams=self._upstreams,
        )

    def services(self) -> tuple[Service, ...]:
        """All services, in the order of the configuration."""
        return tuple(self._services.values())

    @property
    def favourites(self) -> tuple[ModelRef, ...]:
        """What a person has marked, in the order in which they did."""
        return tuple(self._favourites)

    async def set_favourite(self, answerer: ModelRef, *, favourite: bool) -> None:
        """Mark a model as a favourite, or no longer.

        Raises:
            ConfigError: The configuration file cannot be read.
            SaveError: It cannot be written.
        """
        from fakegpt_tui.config import edit  # noqa: PLC0415 - tomlkit, not at every start

        path = self.settings.config_file
        name = str(answerer)
        await asyncio.to_thread(
            edit_file,
            path,
            lambda text: edit.with_favourite(text, name, is_one=favourite, path=path),
        )
        self._favourites = [each for each in self._favourites if each != answerer]
        if favourite:
            self._favourites.append(answerer)

    def validate(self, draft: ServiceForm) -> Mapping[str, str]:
        """A sentence for each field that would be refused."""
        from fakegpt_tui.config.edit import validate_draft  # noqa: PLC0415 - when it is needed

        return validate_draft(draft)

    async def keyring_error(self) -> str:
        """Why no key can be kept in the keyring of the system; empty where one can."""
        try:
            await asyncio.to_thread(self._keyring.check)
        except KeyringError as error:
            return str(error)
        return ""

    def key_location(self, name: str) -> str:
        """Where the key of a service is kept, in words; empty where it has none."""
        match self._keys.get(name):
            case None:
                return ""
            case KeyInEnvironment(variable):
                return f"the environment variable {variable}"
            case KeyInFile(path):
                return f"the file {path}"
            case KeyInKeyring():
                return "the keyring of the system"

    def removable_key_location(self, name: str) -> str:
        """Where the key is that goes with the service when it is removed, in words.

        A file that is not named after the service is a person's own, and stays.
        """
        match self._keys.get(name):
            case KeyInKeyring():
                return self.key_location(name)
            case KeyInFile(path) if path == self._key_file(name):
                return self.key_location(name)
            case _:
                return ""

    async def discover(self) -> tuple[FoundService, ...]:
        """Model servers on this machine that are not configured yet; asks nothing else."""
        from fakegpt_tui.backends.discovery import discover_services  # noqa: PLC0415 - httpx

        return await discover_services(self._services.values())

    def check_connection(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        """Use the service as it would be, and tell what works; nothing is kept."""
        from fakegpt_tui.backends.discovery import check_connection  # noqa: PLC0415 - as above

        return check_connection(lambda: self._backend(draft), draft.model)

    async def save(self, draft: ServiceForm) -> Service:
        """Write the service to the configuration, and its key to where it belongs.

        A service of that name is changed; what the draft says nothing of stays. A key that is taken
        away goes from where it was kept for the service, as it does with the service.

        Raises:
            ConfigError: It could not be used, or the keyring cannot keep the key.
            SaveError: A file cannot be written, or the key that was taken away is still there.
        """
        return await asyncio.to_thread(self._kept, draft)

    async def remove(self, name: str) -> None:
        """Take a service out of the configuration; a ready-made one is as it was made then.

        The key that was kept for it goes, too, from the keyring or from its file beside the
        configuration; any other file is a person's own.

        Raises:
            ConfigError: Another service goes through it.
            SaveError: The file cannot be written, or the key is still where it was.
        """
        await asyncio.to_thread(self._removed, name)

    def _removed(self, name: str) -> None:
        with self._losing_key(name):
            self._edit(name, None)

    @contextmanager
    def _losing_key(self, name: str) -> Iterator[None]:
        """Delete the key that was kept for a service once the block has made it needless."""
        goes, source = self.removable_key_location(name), self._keys.get(name)
        yield
        if goes and isinstance(source, KeyInFile):
            _unlink(source.path)
        elif goes:
            try:
                self._keyring.delete(name)
            except KeyringError as error:
                raise SaveError(f"{error} The key of {name!r} is still in it.") from error

    def _kept(self, draft: ServiceForm) -> Service:
        from fakegpt_tui.config.edit import with_service  # noqa: PLC0415 - tomlkit, not at every start

        values = self._values(draft)
        path = self.settings.config_file
        # Tried on an empty file first: no key is kept for a service that cannot be.
        with_service("", draft.name, values, path=path)
        if draft.key is not None and draft.key_in_file:
            write_secret(self._key_file(draft.name), draft.key.reveal())
        elif draft.key is not None:
            store_key(draft.name, draft.key, self._keyring)
        with self._losing_key(draft.name) if draft.without_key else nullcontext():
            self._edit(draft.name, values)
        return self._services[draft.name]

    def _edit(self, name: str, values: Mapping[str, Value] | None) -> None:
        from fakegpt_tui.config import edit  # noqa: PLC0415 - as above

        path = self.settings.config_file

        def edited(text: str) -> str:
            if values is None:
                return edit.without_service(text, name, path=path)
            return edit.with_service(text, name, values, path=path)

        entries = edit.read_services(edit_file(path, edited), path=path)
        _replace_items(self._services, {name: entry.service for name, entry in entries.items()})
        _replace_items(self._keys, {n: entry.key for n, entry in entries.items() if entry.key})
        _replace_items(
            self._upstreams, {n: entry.upstream for n, entry in entries.items() if entry.upstream}
        )

    def _values(self, draft: ServiceForm) -> dict[str, Value]:
        values: dict[str, Value] = {
            "kind": str(draft.kind),
            "url": draft.url,
            "model": draft.model or None,
        }
        if draft.proxy is not None:
            values["proxy"] = draft.proxy.reveal() or None
        if draft.key is not None:
            name = self._key_file(draft.name).name
            in_file = draft.key_in_file
            values |= {"key_env": None, "key_file": name if in_file else None}
            values["key_keyring"] = None if in_file else True
        elif draft.key_env or draft.without_key:
            values |= {"key_env": draft.key_env or None, "key_file": None, "key_keyring": None}
        return values

    def _key_file(self, name: str) -> Path:
        return self.settings.config_file.parent / f"{name}.key"

    def _backend(self, draft: ServiceForm) -> Backend:
        from fakegpt_tui.config.edit import with_service  # noqa: PLC0415 - as above

        with_service("", draft.name, self._values(draft), path=self.settings.config_file)
        known = self._services.get(draft.name, Service(name=draft.name, kind=draft.kind))
        proxy = known.proxy if draft.proxy is None else draft.proxy or None
        service = replace(known, kind=draft.kind, url=draft.url, model=draft.model, proxy=proxy)
        if draft.kind.is_api:
            return build_api_backend(service, lambda: self._key(draft), lambda _state: None)
        if draft.kind.has_accounts:
            return build_connection(self.settings, service, lambda _state: None).backend
        raise ConfigError("An embedded host needs no check.")

    def _key(self, draft: ServiceForm) -> Secret | None:
        if draft.key is not None or draft.without_key:
            return draft.key
        source: KeySource | None = self._keys.get(draft.name)
        if draft.key_env:
            source = KeyInEnvironment(draft.key_env)
        return None if source is None else read_key(source, self._environ, self._keyring)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SaveError(f"The file {path} cannot be deleted: {error.strerror}.") from error


def _replace_items(known: dict[str, T], now: Mapping[str, T]) -> None:
    """Change what others hold on to."""
    known.clear()
    known.update(now)
