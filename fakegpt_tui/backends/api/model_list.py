"""Lists of models, in all the forms of services, and what model servers tell beside them.

https://github.com/ollama/ollama/blob/main/docs/api.md, and `GET /props` of llama.cpp's server.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeAlias

from fakegpt_tui.backends.api.capabilities import capabilities
from fakegpt_tui.backends.api.json_values import as_table, table_of, window_of, word_of
from fakegpt_tui.domain import BadReply, Model, ServiceError
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.protocol.error_body import VALUES_OF_A_LIST, parse_json, unexpected_body
from fakegpt_tui.text import replace_surrogates

_LIST_KEYS: Final = ("data", "models", "result", "results", "items", "model_list")
_MAX_DEPTH: Final = 3
_ID_KEYS: Final = ("id", "model", "name", "model_name", "model_id", "modelId", "slug", "key")
_UNKNOWN_FORM: Final = (
    "The service lists its models in a form that this program does not read; "
    "name one in the settings of the service."
)
_CHAT_TYPES: Final = ("chat", "llm", "vlm", "language", "text-generation", "text", "completion")
_OTHER_TYPES: Final = lazy_pattern(
    r"embed|rerank|moderat|image|audio|video|speech|transcri|\btts|\bstt|classif|similarity"
)
_OTHER_NAMES: Final = lazy_pattern(
    r"embed|rerank|moderation|whisper|transcri|dall-?e|stable-diffusion|\bsdxl|\bflux"
    r"|(?:^|[-_/.])(?:tts|stt|bge|e5|gte|clip)(?:[-_/.:]|$)|-image"
)
"""Of models that are for something else than text; the first of the rest is the default."""

_WINDOW_NAMES: Final = (
    "loaded_context_length",
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "max_input_tokens",
    "n_ctx",
    "n_ctx_train",
)
_MAX_MODELS: Final = 10_000
_BILLION: Final = 1_000_000_000
_ROUND_FROM: Final = 100


def read_models(body: bytes) -> tuple[Model, ...]:
    """The models of `GET /v1/models`, in the order of the service.

    Raises:
        BadReply: That is not a list of models.
    """
    return _models(parse_json(body, VALUES_OF_A_LIST), body)


def _models(value: object, body: bytes) -> tuple[Model, ...]:
    items = _items(value)
    if items is None:
        raise unexpected_body(body, "a list of models")
    entries = [(name, rest) for name, rest in map(_entry, items[:_MAX_MODELS]) if name]
    if items and not entries:
        raise BadReply(_UNKNOWN_FORM)
    # Stable, so that the order of the service stays among those that can chat.
    entries.sort(key=lambda entry: not _can_chat(*entry))
    first = dict(reversed(entries))
    return tuple(_model(name, first[name]) for name in dict.fromkeys(name for name, _ in entries))


@dataclass(frozen=True, slots=True)
class ModelPage:
    """Some of the models; those that follow are asked for by `next`, if there are any."""

    models: tuple[Model, ...]
    next: str = ""


def read_page(body: bytes) -> ModelPage:
    """A page of a list of models, as `read_models`."""
    value = parse_json(body, VALUES_OF_A_LIST)
    models = _models(value, body)
    match value:
        case {"has_more": True, "last_id": str(last)}:
            return ModelPage(models, last)
        case _:
            return ModelPage(models)


def _items(value: object, depth: int = 0) -> list[object] | None:
    """The entries of a list of models, or `None` where there is none."""
    match value:
        case list():
            return value
        # What is offered nothing says so with null.
        case {"object": "list", "data": None}:
            return []
        case dict() if depth < _MAX_DEPTH:
            inner = (_items(value.get(key), depth + 1) for key in _LIST_KEYS if value.get(key))
            empty: list[object] | None = [] if any(value.get(k) == [] for k in _LIST_KEYS) else None
            return next((items for items in inner if items is not None), empty)
        case _:
            return None


def _entry(item: object) -> tuple[str, Mapping[Any, object]]:
    """The id of a model, empty without one, and the other fields of its entry."""
    match item:
        case str():
            return replace_surrogates(item.strip()), {}
        case dict():
            names = (name for key in _ID_KEYS if isinstance(name := item.get(key), str))
            return replace_surrogates(next((n for n in names if n.strip()), "")), item
        case _:
            return "", {}


def _can_chat(name: str, rest: Mapping[Any, object]) -> bool:
    """Is it a model for text, as far as its type or, where it has none, its name tells?"""
    match rest.get("type") or rest.get("task") or rest.get("model_type"):
        case str(kind) if _OTHER_TYPES.search(kind.casefold()):
            return False
        case str(kind) if kind.casefold() in _CHAT_TYPES:
            return True
        case _:
            pass
    match rest.get("capabilities"):
        case {"completion_chat": bool(chats)}:
            return chats
        case _:
            return not _OTHER_NAMES.search(name.casefold())


def _model(name: str, rest: Mapping[Any, object]) -> Model:
    top, titles = table_of(rest, "top_provider"), (_text(rest, "name"), _text(rest, "display_name"))
    tables = [table_of(rest, each) for each in ("meta", "details", "architecture")]
    meta = {field: value for table in tables for field, value in table.items()}
    return Model(
        name,
        title=next((each for each in titles if each not in ("", name)), ""),
        description=_text(rest, "description"),
        window=_loaded_window(rest) or _window(rest) or _window(top) or _window(meta),
        size=_text(meta, "parameter_size") or _size(meta.get("n_params")),
        owner=_text(rest, "owned_by"),
        **capabilities(rest),
        family=_text(meta, "family") or _text(rest, "arch") or _text(meta, "tokenizer"),
    )


def _text(values: Mapping[Any, object], name: str) -> str:
    found = values.get(name)
    return replace_surrogates(found.strip()) if isinstance(found, str) else ""


def _window(values: Mapping[Any, object]) -> int | None:
    found = (window_of(values.get(name)) for name in _WINDOW_NAMES)
    return next((each for each in found if each), None)


def _loaded_window(values: Mapping[Any, object]) -> int | None:
    """The window that LM Studio has loaded a model with."""
    match values.get("loaded_instances"):
        case [{"config": {"context_length": window}}, *_]:
            return window_of(window)
        case _:
            return None


def _size(parameters: object) -> str:
    if isinstance(parameters, int) and 0 < parameters < _BILLION * _BILLION:
        billions = parameters / _BILLION
        return f"{billions:.2g}B" if billions < _ROUND_FROM else f"{billions:.0f}B"
    return ""


Ask: TypeAlias = Callable[[str, Mapping[str, object] | None], Awaitable[bytes]]
"""Asks the root of a server for a path, with a body as POST or without one; the body of the answer.
"""

_MOST_ASKED: Final = 20
"""How many models Ollama is asked about, each by a request of its own."""


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
