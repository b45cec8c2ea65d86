"""Services of the configuration: find, test, add, change and remove them at run time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fakegpt_tui.cli.app import build_api_backend, build_connection
from fakegpt_tui.config.private_files import edit_file, write_secret
from fakegpt_tui.config.secrets import (
    KeyInEnvironment,
    KeyInFile,
    KeyInKeyring,
    Keyring,
    KeyringError,
    SystemKeyring,
    read_key,
    store_key,
)
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
    from fakegpt_tui.config.spec import Settings


T = TypeVar("T")


class ServiceRegistry:
    """The services: finds, tests, adds, changes and removes them.

    The services, keys and upstreams of the settings that it was made with follow each change.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str] = os.environ,
        keyring: Keyring | None = None,
    ) -> None:
        self.settings = settings
        self._services = settings.services
        self._keys = settings.service_keys
        self._upstreams = settings.upstreams
        self._environ = environ
        self._keyring = keyring or SystemKeyring()
        self.favourites = settings.favourites

    async def set_favourite(self, answerer: ModelRef, *, favourite: bool) -> None:
        """Mark a model as a favourite, or no longer.

        Raises:
            ConfigError: The configuration file cannot be read.
            SaveError: It cannot be written.
        """
        from fakegpt_tui.config.edit import with_favourite  # noqa: PLC0415 - tomlkit, on demand

        path, name = self.settings.config_file, str(answerer)
        await asyncio.to_thread(
            edit_file, path, lambda text: with_favourite(text, name, is_one=favourite, path=path)
        )
        others = tuple(each for each in self.favourites if each != answerer)
        self.favourites = (*others, answerer) if favourite else others

    def validate(self, draft: ServiceForm) -> Mapping[str, str]:
        """A sentence for each field that would be refused."""
        from fakegpt_tui.config.edit import validate_draft  # noqa: PLC0415 - as above

        return validate_draft(draft)

    async def keyring_error(self) -> str:
        """Why no key can be stored in the keyring of the system; empty if one can."""
        try:
            await asyncio.to_thread(self._keyring.check)
        except KeyringError as error:
            return str(error)
        return ""

    def key_location(self, name: str) -> str:
        """Where the key of a service is stored, in words; empty if it has none."""
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
        """The place of the key that is deleted with the service, in words; empty for none.

        A file that is not named after the service belongs to the user, and stays.
        """
        source = self._keys.get(name)
        is_ours = isinstance(source, KeyInKeyring) or source == KeyInFile(self._key_file(name))
        return self.key_location(name) if is_ours else ""

    async def discover(self) -> tuple[FoundService, ...]:
        """Model servers on this machine that are not configured yet; asks nothing else."""
        # Imported in a thread, because the first keys are typed meanwhile.
        await asyncio.to_thread(import_module, "fakegpt_tui.backends.discovery")
        from fakegpt_tui.backends.discovery import discover_services  # noqa: PLC0415 - httpx

        return await discover_services(self._services.values())

    def check_connection(self, draft: ServiceForm) -> AsyncGenerator[ConnectionCheck]:
        """Connect to the service as the form describes it; nothing is saved."""
        from fakegpt_tui.backends.discovery import check_connection  # noqa: PLC0415 - as above

        return check_connection(lambda: self._build_backend(draft), draft.model)

    async def save(self, draft: ServiceForm) -> Service:
        """Write the service to the configuration, and its key to the keyring or its file.

        A service of that name is changed; fields that the form leaves open stay. A key that is
        taken away is deleted from where the program stored it.

        Raises:
            ConfigError: It could not be used, or the keyring cannot store the key.
            SaveError: A file cannot be written, or the key that was taken away is still there.
        """
        return await asyncio.to_thread(self._save, draft)

    async def remove(self, name: str) -> None:
        """Remove a service from the configuration; a built-in one gets its defaults back.

        Its key is deleted from the keyring or from its file beside the configuration.

        Raises:
            ConfigError: Another service goes through it.
            SaveError: The file cannot be written, or the key is still where it was.
        """
        await asyncio.to_thread(self._remove, name)

    def _save(self, draft: ServiceForm) -> Service:
        from fakegpt_tui.config.edit import with_service  # noqa: PLC0415 - as above

        path = self.settings.config_file
        values = self._values(draft)
        # Tried on an empty file first: no key is stored for a service that cannot be used.
        with_service("", draft.name, values, path=path)
        if draft.key is not None and draft.key_in_file:
            write_secret(self._key_file(draft.name), draft.key.reveal())
        elif draft.key is not None:
            store_key(draft.name, draft.key, self._keyring)
        with self._deleting_key(draft.name) if draft.without_key else nullcontext():
            self._edit(lambda text: with_service(text, draft.name, values, path=path))
        return self._services[draft.name]

    def _remove(self, name: str) -> None:
        from fakegpt_tui.config.edit import without_service  # noqa: PLC0415 - as above

        path = self.settings.config_file
        with self._deleting_key(name):
            self._edit(lambda text: without_service(text, name, path=path))

    @contextmanager
    def _deleting_key(self, name: str) -> Iterator[None]:
        """Delete the key that the program stored for a service, after the block."""
        is_ours, source = bool(self.removable_key_location(name)), self._keys.get(name)
        yield
        try:
            if is_ours and isinstance(source, KeyInFile):
                source.path.unlink(missing_ok=True)
            elif is_ours:
                self._keyring.delete(name)
        except OSError as error:
            file = self._key_file(name)
            raise SaveError(f"The file {file} cannot be deleted: {error.strerror}.") from error
        except KeyringError as error:
            raise SaveError(f"{error} The key of {name!r} is still in it.") from error

    def _edit(self, edit: Callable[[str], str]) -> None:
        """Edit the file, and change the tables that others hold on to."""
        from fakegpt_tui.config.edit import read_services  # noqa: PLC0415 - as above

        path = self.settings.config_file
        entries = read_services(edit_file(path, edit), path=path)
        _replace(self._services, {name: entry.service for name, entry in entries.items()})
        _replace(self._keys, {n: entry.key for n, entry in entries.items() if entry.key})
        _replace(self._upstreams, {n: e.upstream for n, e in entries.items() if e.upstream})

    def _values(self, draft: ServiceForm) -> dict[str, Value]:
        values: dict[str, Value] = {
            "kind": str(draft.kind),
            "url": draft.url,
            "model": draft.model or None,
            "key_header": (draft.key_header or None) if draft.kind.is_api else None,
            **dict.fromkeys(("cache", "web_search", "api_version")),
            **{name: getattr(draft, name) or None for name in draft.kind.options},
            "timeouts": {
                "first_event": _seconds(draft.first_event),
                "idle": _seconds(draft.idle),
            },
        }
        if draft.proxy is not None:
            values["proxy"] = draft.proxy.reveal() or None
        if draft.key is not None or draft.key_env or draft.without_key:
            values |= {"key_env": None, "key_file": None, "key_keyring": None}
        if draft.key is not None and draft.key_in_file:
            values["key_file"] = self._key_file(draft.name).name
        elif draft.key is not None:
            values["key_keyring"] = True
        elif draft.key_env:
            values["key_env"] = draft.key_env
        return values

    def _key_file(self, name: str) -> Path:
        return self.settings.config_file.parent / f"{name}.key"

    def _build_backend(self, draft: ServiceForm) -> Backend:
        from fakegpt_tui.config.edit import read_services, with_service  # noqa: PLC0415 - as above

        path = self.settings.config_file
        filled_in = with_service("", draft.name, self._values(draft), path=path)
        typed = read_services(filled_in, path=path)[draft.name].service
        known = self._services.get(draft.name, typed)
        service = replace(
            known,
            kind=draft.kind,
            url=draft.url,
            model=draft.model,
            key_header=typed.key_header,
            cache=typed.cache,
            web_search=typed.web_search,
            api_version=typed.api_version,
            proxy=known.proxy if draft.proxy is None else draft.proxy or None,
            limits=replace(
                known.limits, first_event=typed.limits.first_event, idle=typed.limits.idle
            ),
        )
        if draft.kind.is_api:
            return build_api_backend(service, lambda: self._read_key(draft), lambda _state: None)
        if draft.kind.has_accounts:
            return build_connection(self.settings, service, lambda _state: None).backend
        raise ConfigError("An embedded host needs no check.")

    def _read_key(self, draft: ServiceForm) -> Secret | None:
        if draft.key is not None or draft.without_key:
            return draft.key
        source = KeyInEnvironment(draft.key_env) if draft.key_env else self._keys.get(draft.name)
        return None if source is None else read_key(source, self._environ, self._keyring)


def _seconds(typed: str) -> float | None:
    """A limit as it is written: without a fraction where there is none; `None` for the usual."""
    from fakegpt_tui.config.edit import typed_seconds  # noqa: PLC0415 - as above

    seconds = typed_seconds(typed) if typed else None
    return int(seconds) if seconds is not None and seconds.is_integer() else seconds


def _replace(known: dict[str, T], new: Mapping[str, T]) -> None:
    known.clear()
    known.update(new)
