"""Doctor checks of the configuration and of its services, and whether they answer."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from importlib.util import find_spec
from typing import Final

from fakegpt_tui.backends.discovery import check_connection
from fakegpt_tui.cli.app import ConnectionFactory
from fakegpt_tui.cli.doctor.report import Finding, attention, good, note
from fakegpt_tui.cli.services import describe_session, is_valid, stored_session
from fakegpt_tui.cli.settings_store import last_chosen
from fakegpt_tui.config.secrets import KeyInKeyring, SystemKeyring, read_key
from fakegpt_tui.config.spec import Settings, Source
from fakegpt_tui.domain import ConfigError, ConnectionCheck, FakeGPTError, Service, ServiceKind
from fakegpt_tui.text import safe_line

_LONGEST: Final = 1000


def setting_findings(settings: Settings, error: ConfigError | None) -> Iterator[Finding]:
    """Checks of the file, its keys and theme; after an error `settings` are the defaults."""
    path = safe_line(str(settings.config_file), _LONGEST)
    if error is not None:
        yield attention(
            "configuration.file",
            safe_line(str(error), _LONGEST),
            "The program does not start until that is changed; what follows is without it.",
        )
    elif settings.config_file.exists():
        yield good("configuration.file", f"{path} can be used.")
    else:
        yield good(
            "configuration.file",
            f"There is no {path}, so everything is as the program has it.",
            "`fakegpt-tui config init` writes one to begin with.",
        )
    yield from _held(settings)
    yield from _theme(settings)
    yield from _snippets(settings)
    yield from _keys(settings)
    try:
        name = settings.chosen_service.name
    except ConfigError as unknown:
        yield attention("configuration.service", safe_line(str(unknown), _LONGEST))
    else:
        chosen = last_chosen(settings)
        last = " ".join(filter(None, (chosen.get("service"), chosen.get("model"))))
        on_screen = f" On the screen that is {safe_line(last)}, chosen there last." if last else ""
        yield good("configuration.service", f"New conversations use the service {name}.{on_screen}")


def service_findings(settings: Settings) -> Iterator[Finding]:
    """Each service, its proxy and its key, without connecting."""
    for service in settings.services.values():
        yield _service(settings, service)
        yield from _route(service)
        yield from _key(settings, service, os.environ)


def _held(settings: Settings) -> Iterator[Finding]:
    names = sorted(
        origin.name
        for origin in settings.origins.values()
        if origin.source in (Source.FLAG, Source.ENVIRONMENT)
    )
    if names:
        yield note("configuration.origins", f"Over the file win: {', '.join(names)}.")


def _theme(settings: Settings) -> Iterator[Finding]:
    from fakegpt_tui.ui.theme_files import load_theme  # noqa: PLC0415 - Textual, not for --help
    from fakegpt_tui.ui.themes import theme_files, theme_names  # noqa: PLC0415 - the same

    own = theme_files(settings.themes_folder)
    for path in own.values():
        try:
            load_theme(path)
        except ConfigError as error:
            yield attention("configuration.theme", str(error), "Mend it, or move it elsewhere.")
    if settings.theme is not None and settings.theme not in theme_names(own):
        yield attention(
            "configuration.theme",
            f"There is no theme {safe_line(repr(settings.theme))}.",
            f"There are {', '.join(theme_names(own))}.",
        )


def _snippets(settings: Settings) -> Iterator[Finding]:
    from fakegpt_tui.attachments.snippets import read_snippets  # noqa: PLC0415 - seldom
    from fakegpt_tui.keymap import COMMANDS  # noqa: PLC0415 - seldom

    found = read_snippets(settings.snippets_folder)
    for problem in found.problems:
        yield attention("configuration.snippets", problem, "Until then it is no snippet.")
    commands = {name for command in COMMANDS for name in command.names}
    for name in found.snippets:
        if f"/{name}" in commands:
            yield attention(
                "configuration.snippets",
                f"The snippet {name} has the name of a command, and /{name} stays that.",
                f"Rename its file; `ask --snippet {name}` takes it as it is.",
            )


def _keys(settings: Settings) -> Iterator[Finding]:
    if not settings.keys:
        return
    from fakegpt_tui.ui.bindings import validate_keys  # noqa: PLC0415 - Textual, as above

    found = validate_keys(settings.keys)
    for problem in found:
        yield attention(
            "configuration.keys",
            safe_line(problem, _LONGEST),
            "Until that is changed none of [keys] is used. F1 shows the keys.",
        )
    if not found:
        yield good("configuration.keys", f"{len(settings.keys)} keys are yours, and none clash.")


def _service(settings: Settings, service: Service) -> Finding:
    name = f"services.{service.name}"
    try:
        answering = settings.upstream_of(service)
        session = stored_session(settings, answering)
    except ConfigError as error:
        return attention(name, safe_line(str(error), _LONGEST))
    sentence = describe_session(service, session)
    if answering is not service:
        sentence = f"{service.name}: the embedded host in front of {answering.name}."
    if service.notice:
        return note(name, f"{sentence} {service.notice}")
    if answering.kind.has_accounts and not is_valid(session):
        advice = f"The first prompt signs in, as does `fakegpt-tui login --service {service.name}`."
        return note(name, sentence, advice)
    return good(name, sentence)


def _route(service: Service) -> Iterator[Finding]:
    """The proxy and the certificate check of a service; no password is shown."""
    if service.kind is ServiceKind.EMBEDDED:
        return
    from fakegpt_tui.http.clients import Transport  # noqa: PLC0415 - httpx, not for --help

    name = f"services.{service.name}.route"
    try:
        route = Transport(service).route
    except ConfigError as error:
        yield attention(name, safe_line(str(error), _LONGEST))
        return
    if route.proxy:
        where = "its own" if service.proxy else "the environment's"
        yield good(name, f"{service.name} is reached as {route}, {where} proxy.")
    if service.verify is False:
        yield note(
            name,
            f"The certificate of {service.name} is not checked (verify = false).",
            "verify can name the file of a certificate instead.",
        )


def _key(settings: Settings, service: Service, environment: Mapping[str, str]) -> Iterator[Finding]:
    source = settings.service_keys.get(service.name)
    if source is None:
        return
    name = f"services.{service.name}.key"
    if isinstance(source, KeyInKeyring):
        # Reading it may ask the person to unlock the keyring.
        if find_spec("keyring") is None:
            yield attention(
                name,
                f"The key of {service.name} is in the keyring, which needs an extra.",
                "pip install 'fakegpt-tui[keyring]'",
            )
        else:
            yield note(name, f"The key of {service.name} is in the keyring, which was not asked.")
        return
    try:
        read_key(source, environment, SystemKeyring())
    except ConfigError as error:
        yield attention(name, f"{service.name}: {safe_line(str(error), _LONGEST)}")
    else:
        yield good(name, f"The key of {service.name} is at hand.")


_SECONDS: Final = 60.0


def connection_findings(settings: Settings) -> Sequence[Finding]:
    """The findings of connecting to each configured service and to the chosen one."""
    return asyncio.run(_all(settings))


async def _all(settings: Settings) -> list[Finding]:
    with closing(ConnectionFactory(settings)) as connector:
        found = await asyncio.gather(
            *(_findings(connector, service) for service in _services_in_use(settings))
        )
    return [finding for each in found for finding in each]


def _services_in_use(settings: Settings) -> list[Service]:
    """The configured services and the chosen one; a built-in one is not contacted unasked."""
    return [
        service
        for name, service in settings.services.items()
        if name == settings.service
        or settings.origins[f"services.{name}"].source is not Source.DEFAULT
    ]


async def _findings(connector: ConnectionFactory, service: Service) -> list[Finding]:
    name = f"services.{service.name}.trial"
    found: list[Finding] = []
    try:
        async with asyncio.timeout(_SECONDS), aclosing(_steps(connector, service)) as steps:
            async for step in steps:
                make = good if step.worked else attention
                found.append(make(name, f"{service.name}: {safe_line(step.sentence, _LONGEST)}"))
    except TimeoutError:
        found.append(attention(name, f"{service.name} took more than {_SECONDS:.0f} seconds."))
    return found


async def _steps(connector: ConnectionFactory, service: Service) -> AsyncGenerator[ConnectionCheck]:
    try:
        connection = await connector.connect(service, lambda _state: None)
    except FakeGPTError as error:
        yield ConnectionCheck(str(error), worked=False)
        return
    async with (
        aclosing(connection.backend),
        aclosing(check_connection(lambda: connection.backend, service.model)) as steps,
    ):
        async for step in steps:
            yield step
