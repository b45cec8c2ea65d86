"""What model servers tell beside their list of models: Ollama, llama.cpp and LM Studio.

https://github.com/ollama/ollama/blob/main/docs/api.md, and `GET /props` of llama.cpp's server.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeAlias

from fakegpt_tui.backends.api.json_values import as_table, table_of, window_of, word_of
from fakegpt_tui.backends.api.model_list import read_models
from fakegpt_tui.domain import Model, ServiceError
from fakegpt_tui.protocol.error_body import parse_json

Ask: TypeAlias = Callable[[str, Mapping[str, object] | None], Awaitable[bytes]]
"""Asks the root of a server for a path, with a body as POST or without one; the body of the answer.
"""

_MOST_ASKED: Final = 20
"""Models of which Ollama is asked one by one."""


async def with_details(family: str, models: tuple[Model, ...], ask: Ask) -> tuple[Model, ...]:
    """The models with what their server tells elsewhere.

    Raises:
        ServiceError: It does not tell.
    """
    match family:
        case "Ollama":
            asked = [await _ask_ollama(model, ask) for model in models[:_MOST_ASKED]]
            running: dict[str, int] = {}
            with suppress(ServiceError):
                running = _running(parse_json(await ask("/api/ps", None)))
            return tuple(
                replace(each, window=running.get(each.id, each.window))
                for each in (*asked, *models[_MOST_ASKED:])
            )
        case "llama.cpp":
            return _with_props(models, parse_json(await ask("/props", None)))
        case "LM Studio":
            return _merged(models, await _lm_studio_models(ask))
        case _:
            return models


async def _ask_ollama(model: Model, ask: Ask) -> Model:
    """A model of Ollama, without the window that it was trained with: it may be loaded smaller."""
    told = parse_json(await ask("/api/show", {"model": model.id}))
    words = as_table(told).get("capabilities")
    if not isinstance(words, list):
        return model
    return replace(model, thinks="thinking" in words, sees="vision" in words)


def _running(told: object) -> dict[str, int]:
    """The windows of the models that are loaded."""
    entries = as_table(told).get("models")
    found = {
        word_of(each, "model"): window_of(as_table(each).get("context_length"))
        for each in (entries if isinstance(entries, list) else ())
    }
    return {name: window for name, window in found.items() if name and window}


async def _lm_studio_models(ask: Ask) -> tuple[Model, ...]:
    """The list of LM Studio's own, in its newer form, or else in the older one."""
    try:
        return read_models(await ask("/api/v1/models", None))
    except ServiceError:
        return read_models(await ask("/api/v0/models", None))


def _with_props(models: tuple[Model, ...], told: object) -> tuple[Model, ...]:
    """The one model of llama.cpp's server, with the window that it has been given."""
    window = window_of(table_of(told, "default_generation_settings").get("n_ctx"))
    sees = table_of(told, "modalities").get("vision")
    return tuple(
        replace(
            model,
            window=window or model.window,
            sees=sees if isinstance(sees, bool) else model.sees,
        )
        for model in models
    )


def _merged(models: tuple[Model, ...], others: tuple[Model, ...]) -> tuple[Model, ...]:
    """The models with what another list tells of them."""
    known = {each.id: each for each in others}
    return tuple(
        replace(
            model,
            window=known[model.id].window or model.window,
            thinks=model.thinks if known[model.id].thinks is None else known[model.id].thinks,
            sees=model.sees if known[model.id].sees is None else known[model.id].sees,
            efforts=model.efforts or known[model.id].efforts,
            family=known[model.id].family or model.family,
        )
        if model.id in known
        else model
        for model in models
    )
