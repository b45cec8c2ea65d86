"""`doctor --connect`: connection checks of the configured services."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, closing
from typing import Final

from fakegpt_tui.backends.discovery import check_connection
from fakegpt_tui.cli.app import ConnectionFactory
from fakegpt_tui.cli.doctor.report import Finding, attention, good
from fakegpt_tui.config.spec import Settings, Source
from fakegpt_tui.domain import ConnectionCheck, FakeGPTError, Service
from fakegpt_tui.text import safe_line

_SECONDS: Final = 60.0
_LONGEST: Final = 1000


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
