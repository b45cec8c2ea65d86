"""Finding model servers that run on this machine. Nothing but loopback is ever asked."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.backends.openai_key import ApiKey
from fakegpt_tui.domain import FoundService, Service, ServiceError, ServiceKind, TimeLimits
from fakegpt_tui.transport.clients import Transport
from fakegpt_tui.transport.retries import RetryPolicy

_LOOPBACK: Final = "127.0.0.1"

DEFAULT_PORTS: Final[Mapping[str, int]] = {
    "ollama": 11434,
    "lm-studio": 1234,
    "llama.cpp": 8080,
    "vllm": 8000,
    "jan": 1337,
    "litellm": 4000,
    "gpt4all": 4891,
    "text-generation-webui": 5000,
    "koboldcpp": 5001,
}
"""Where each of the usual servers listens unless told otherwise; the names become services'."""


async def discover_services(
    configured: Iterable[Service] = (),
    *,
    ports: Mapping[str, int] = DEFAULT_PORTS,
    seconds: float = 0.3,
) -> tuple[FoundService, ...]:
    """The model servers on loopback that offer models within `seconds`, in the order of `ports`.

    They are asked for their models at once, without a key, and not those that are configured.
    """
    services = [*configured]
    taken = {port for service in services if (port := _loopback_port(service))}
    names = {service.name for service in services}
    asking = [
        asyncio.create_task(_probe(_unused_name(name, names), port, seconds))
        for name, port in ports.items()
        if port not in taken
    ]
    if not asking:
        return ()
    try:
        done, _ = await asyncio.wait(asking, timeout=seconds)
    finally:
        for task in asking:
            task.cancel()
    answers = [task.result() for task in asking if task in done]
    # Not left to end by themselves: a probe must not outlive what asked for it.
    await asyncio.gather(*asking, return_exceptions=True)
    return tuple(found for found in answers if found is not None)


async def _probe(name: str, port: int, seconds: float) -> FoundService | None:
    service = Service(
        name=name,
        kind=ServiceKind.OPENAI,
        url=f"http://{_LOOPBACK}:{port}",
        limits=TimeLimits(connect=seconds, first_event=seconds, idle=seconds, total=seconds),
    )
    backend = OpenAIBackend(
        Transport(service), ApiKey(lambda: None), retries=RetryPolicy(max_attempts=1)
    )
    try:
        models = await backend.models()
    except ServiceError:
        return None
    return FoundService(Service(name=name, kind=ServiceKind.OPENAI, url=service.url), models)


def _loopback_port(service: Service) -> int | None:
    """The port of a service on this machine."""
    parts = urlsplit(service.url)
    is_here = parts.hostname in (_LOOPBACK, "localhost", "::1")
    return parts.port if is_here else None


def _unused_name(name: str, taken: set[str]) -> str:
    return name if name not in taken else f"{name}-local"
