"""The list of models of an OpenAI-compatible service."""

from collections.abc import Iterator, Mapping
from typing import Final

from fakegpt_tui.domain import BadReply, Model
from fakegpt_tui.protocol.error_body import parse_error_body, parse_json
from fakegpt_tui.protocol.fakegpt.error_codes import compose_message
from fakegpt_tui.text import replace_surrogates

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
    match parse_json(body):
        case {"data": list(items)} | {"models": list(items)} | list(items):
            return tuple(_models(items[:_MAX_MODELS]))
        # What is offered nothing says so with null.
        case {"object": "list", "data": None}:
            return ()
        case _:
            lead = "The service answered with something else than a list of models"
            raise BadReply(compose_message(lead, parse_error_body(body)))


def _models(items: list[object]) -> Iterator[Model]:
    seen = set[str]()
    for item in items:
        match item:
            case {"id": str(name), **rest} | {"model": str(name), **rest} if name.strip():
                if name not in seen:
                    seen.add(name)
                    yield _model(replace_surrogates(name), rest)
            case _:
                pass


def _model(name: str, rest: Mapping[object, object]) -> Model:
    meta = _table(rest, "meta") | _table(rest, "details") | _table(rest, "architecture")
    return Model(
        name,
        title=_text(rest, "name"),
        description=_text(rest, "description"),
        window=_window(rest) or _window(_table(rest, "top_provider")) or _window(meta),
        size=_text(meta, "parameter_size") or _size(meta.get("n_params")),
        family=_text(meta, "family") or _text(rest, "arch") or _text(meta, "tokenizer"),
    )


def _table(values: Mapping[object, object], name: str) -> dict[object, object]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _text(values: Mapping[object, object], name: str) -> str:
    found = values.get(name)
    return replace_surrogates(found.strip()) if isinstance(found, str) else ""


def _window(values: Mapping[object, object]) -> int | None:
    found = (values.get(name) for name in _WINDOW_NAMES)
    return next((each for each in found if isinstance(each, int) and 1 < each < _BILLION), None)


def _size(parameters: object) -> str:
    if isinstance(parameters, int) and 0 < parameters < _BILLION * _BILLION:
        billions = parameters / _BILLION
        return f"{billions:.2g}B" if billions < _ROUND_FROM else f"{billions:.0f}B"
    return ""
