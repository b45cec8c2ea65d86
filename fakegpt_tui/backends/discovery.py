"""Discover model servers on this machine, and check that a service works."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Final
from urllib.parse import urlsplit

from fakegpt_tui.backends.anthropic import AnthropicBackend
from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.backends.responses import ResponsesBackend
from fakegpt_tui.domain import (
    BadReply,
    ConfigError,
    ConnectionCheck,
    ContextMessage,
    FakeGPTError,
    FinishReason,
    FoundService,
    GenerationSettings,
    Model,
    NoConnection,
    ReasoningDelta,
    ReplyEnded,
    Role,
    Service,
    ServiceError,
    ServiceKind,
    TextDelta,
    TextReplaced,
    TimeLimits,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy

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
"""The default port of each model server; the names become those of the services."""


async def discover_services(
    configured: Iterable[Service] = (),
    *,
    ports: Mapping[str, int] = DEFAULT_PORTS,
    seconds: float = 0.3,
) -> tuple[FoundService, ...]:
    """The model servers on loopback that offer models within `seconds`, in the order of `ports`.

    All are asked at the same time and without a key, except those that are configured.
    """
    services = [*configured]
    taken = {port for service in services if (port := _loopback_port(service))}
    names = {service.name for service in services}
    probes = [
        asyncio.create_task(_probe(_unused_name(name, names), port, seconds))
        for name, port in ports.items()
        if port not in taken
    ]
    if not probes:
        return ()
    try:
        done, _ = await asyncio.wait(probes, timeout=seconds)
    finally:
        for task in probes:
            task.cancel()
    results = [task.result() for task in probes if task in done]
    # No probe may outlive this function.
    await asyncio.gather(*probes, return_exceptions=True)
    return tuple(found for found in results if found is not None)


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


_PROTOCOLS: Final[Mapping[ServiceKind, type[ApiBackend]]] = {
    ServiceKind.OPENAI: OpenAIBackend,
    ServiceKind.RESPONSES: ResponsesBackend,
    ServiceKind.ANTHROPIC: AnthropicBackend,
}
_ANSWERS: Final = (TextDelta, TextReplaced, ReasoningDelta)
_CUT: Final = ReplyEnded(FinishReason.LENGTH)
"""How a reply ends that was all hidden thoughts: the model answers."""

_TEST_PROMPT: Final = "Say OK."
_MAX_TOKENS: Final = 16


async def check_connection(
    make: Callable[[], Backend], model: str = "", *, asking: bool = True
) -> AsyncGenerator[ConnectionCheck]:
    """Check a service step by step; the first step that fails is the last.

    With `asking`, a short prompt goes to `model` or the first one: some services list their models
    without a key, and some have none loaded. `make` may raise `ConfigError`.
    """
    try:
        backend = make()
    except FakeGPTError as error:
        yield ConnectionCheck(str(error), worked=False)
        return
    try:
        models = await backend.models()
    except FakeGPTError as error:
        is_away = isinstance(error, NoConnection | ConfigError)
        if is_away or not (model and asking):
            hint = " Is this the address of such a service?" if isinstance(error, BadReply) else ""
            yield ConnectionCheck(f"{error}{hint}", worked=False)
            async for step in _other_protocols(backend, model, asking=asking and not is_away):
                yield step
            return
        models = (Model(model, description=str(error), is_listed=False),)
    yield _models_step(models, model)
    if asking:
        asked = model or models[0].id
        reply = await _check_reply(backend, asked)
        yield reply
        async for step in _other_protocols(backend, asked, asking=not reply.worked):
            yield step


async def _other_protocols(
    backend: Backend, model: str, *, asking: bool
) -> AsyncGenerator[ConnectionCheck]:
    """Say which other protocol answers at the same address, with the same key, if `asking`."""
    if not (asking and isinstance(backend, ApiBackend)):
        return
    for kind, other in _PROTOCOLS.items():
        if isinstance(backend, other):
            continue
        with suppress(FakeGPTError):
            made = backend.with_protocol(kind, other)
            found = model or (await made.models())[0].id
            if (await _check_reply(made, found)).worked:
                yield ConnectionCheck(
                    f"It speaks another protocol there, and answers by it: {kind.label}. "
                    f'Choose that, which is kind = "{kind}" in config.toml.',
                    worked=False,
                )
                return


def _models_step(models: tuple[Model, ...], model: str) -> ConnectionCheck:
    if not models[0].is_listed:
        why = models[0].description
        return ConnectionCheck(
            f"It can be reached, but shows no list of its models. {why}".rstrip(), worked=True
        )
    count = "one model" if len(models) == 1 else f"{len(models)} models"
    missing = model and all(each.id != model for each in models)
    but = f", but {model!r} is not among them" if missing else ""
    return ConnectionCheck(
        f"It can be reached and offers {count}{but}.", worked=True, models=models
    )


async def _check_reply(backend: Backend, model: str) -> ConnectionCheck:
    request = ReplyRequest(
        messages=(ContextMessage(Role.USER, _TEST_PROMPT),),
        model=model,
        generation=GenerationSettings(max_tokens=_MAX_TOKENS),
    )
    try:
        async with aclosing(backend.stream(request)) as events:
            async for event in events:
                if isinstance(event, _ANSWERS) or event == _CUT:
                    return ConnectionCheck(f"The model {model!r} answers.", worked=True)
    except FakeGPTError as error:
        return ConnectionCheck(str(error), worked=False)
    return ConnectionCheck(f"The model {model!r} answers without a word.", worked=False)
