"""The list of models: read from a service, written by the host."""

from collections.abc import Iterator, Sequence

from fakegpt_tui.domain import BadReply, Model
from fakegpt_tui.protocol.error_body import VALUES_OF_A_LIST, parse_error_body, parse_json
from fakegpt_tui.text import replace_surrogates


def read_models(body: bytes) -> tuple[Model, ...]:
    """The models of `GET /api/models`, the default one first.

    Raises:
        BadReply: The body is not a list of models.
    """
    match parse_json(body, VALUES_OF_A_LIST):
        case {"models": list(items), **rest}:
            default = _default(rest.get("categories"))
            return tuple(sorted(_models(items), key=lambda model: model.id != default))
        case _:
            lead = "The service answered with something other than a list of models"
            raise BadReply(parse_error_body(body).sentence(lead))


def models_body(models: Sequence[Model]) -> dict[str, object]:
    """The body of `GET /api/models`; the first model is the default."""
    categories = [
        {
            "category": "default",
            "human_category_name": model.title or model.id,
            "subscription_level": "free",
            "default_model": model.id,
        }
        for model in models[:1]
    ]
    return {"models": [_entry(model) for model in models], "categories": categories}


def _entry(model: Model) -> dict[str, object]:
    return {
        "slug": model.id,
        "max_tokens": 8191,
        "title": model.title or model.id,
        "description": model.description,
        "tags": [],
        "capabilities": {},
    }


def _models(items: Sequence[object]) -> Iterator[Model]:
    for item in items:
        match item:
            case {"slug": str(slug), **rest} if slug:
                title, description = _text(rest.get("title")), _text(rest.get("description"))
                yield Model(replace_surrogates(slug), title, description)
            case _:
                pass


def _text(value: object) -> str:
    return replace_surrogates(value) if isinstance(value, str) else ""


def _default(categories: object) -> str:
    match categories:
        case [{"default_model": str(slug)}, *_]:
            return slug
        case _:
            return ""
