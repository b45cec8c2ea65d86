"""Service list rows: services and models as rows, with their status in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from textual.content import Content

from fakegpt_tui.domain import (
    ConnectionCheck,
    FoundService,
    LoginState,
    Model,
    ModelRef,
    NoLogin,
    RateLimitStatus,
    Service,
    SignedOut,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.service_list import RowKind, ServiceRow
from fakegpt_tui.ui.widgets.status_bar import login_label

_THOUSAND = 1000
_BINARY = 1024
_MAX_SENTENCE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """What is known of how a service is: its login, its limit, and how asking for models ended."""

    login: LoginState
    limit: RateLimitStatus | None = None
    has_models: bool = False
    error: str = ""


def status_label(service: Service, standing: ServiceStatus, now: datetime) -> str:
    """Whether a service can be asked, as far as that is known at the time `now`."""
    login, limit = standing.login, standing.limit
    if limit is not None:
        until = limit.until and limit.until.astimezone(now.tzinfo)
        return f"limited until {until:%H:%M}" if until else "limited"
    if service.kind.is_api and isinstance(login, SignedOut | NoLogin):
        if standing.error:
            return f"trouble: {standing.error}"
        return "ready" if standing.has_models else "not asked yet"
    return login_label(login, now)[0]


def model_label(model: Model) -> str:
    """What is known of a model, but for its name."""
    window = f"{short_count(model.window)} window" if model.window else ""
    return " · ".join(_unique(part for part in (window, model.size, model.family) if part))


def check_step_line(step: ConnectionCheck) -> Content:
    """A step of a trial on a line, with a sign for how it went."""
    return Content.assemble(
        ("✓ ", "$text-success") if step.worked else ("✗ ", "$text-error"),
        safe_line(step.sentence, _MAX_SENTENCE),
    )


def short_count(number: int) -> str:
    """A number of tokens as people say it: `8k` for 8,192, `200k` for 200,000, `1M`."""
    unit = _BINARY if number % _BINARY == 0 else _THOUSAND
    if number < unit:
        return str(number)
    thousands = round(number / unit)
    return f"{thousands}k" if thousands < unit else f"{thousands / unit:.3g}M"


def _unique(parts: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(parts)


_MAX_MODELS = 60
"""Models of one service that are shown; the list lays out all of its rows whenever one changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceListing:
    """What there is to choose from. `states` say in words how each service is."""

    services: Sequence[Service]
    states: Mapping[str, str]
    models: Mapping[str, Sequence[Model]]
    favourites: Sequence[ModelRef] = ()
    found: Sequence[FoundService] = ()


def service_rows(offer: ServiceListing, query: str = "") -> tuple[ServiceRow, ...]:
    """The rows that have every word of `query`: favourites first, then what belongs together."""
    words = query.casefold().split()
    marked = set(offer.favourites)
    return (
        *_favourites(offer, words),
        *(row for service in offer.services for row in _service(offer, service, words, marked)),
        *_found(offer, words, marked),
    )


def best_match(rows: Sequence[ServiceRow], query: str) -> ModelRef | None:
    """The first row that bears the words of `query` in its name, or else the first model."""
    words = query.casefold().split()
    if not words:
        return None
    named = (row for row in rows if all(word in row.text.casefold() for word in words))
    models = (row for row in rows if row.kind is RowKind.MODEL)
    found = (row.model for row in (*named, *models) if row.model is not None)
    return next(found, None)


def _favourites(offer: ServiceListing, words: Sequence[str]) -> Iterator[ServiceRow]:
    known = {service.name for service in offer.services}
    rows = [
        _model_row(answerer, _model(offer, answerer), is_favourite=True, is_first=True)
        for answerer in offer.favourites
        if answerer.service in known
    ]
    fitting = [row for row in rows if _matches(row, words)]
    if fitting:
        yield ServiceRow(kind=RowKind.HEADING, text="Favourites")
        yield from fitting


def _service(
    offer: ServiceListing, service: Service, words: Sequence[str], marked: Collection[ModelRef]
) -> Iterator[ServiceRow]:
    models = offer.models.get(service.name) or _own_model(service)
    state = offer.states.get(service.name, "")
    yield from _block(service, state, models, words, marked)


def _found(
    offer: ServiceListing, words: Sequence[str], marked: Collection[ModelRef]
) -> Iterator[ServiceRow]:
    known = {service.name for service in offer.services}
    rows = [
        row
        for found in offer.found
        if found.service.name not in known
        for row in _block(found.service, "not added yet", found.models, words, marked)
    ]
    if rows:
        yield ServiceRow(kind=RowKind.HEADING, text="Found on this machine")
        yield from rows


def _block(
    service: Service,
    state: str,
    models: Sequence[Model],
    words: Sequence[str],
    marked: Collection[ModelRef],
) -> Iterator[ServiceRow]:
    """A service with those of its models that fit; nothing where neither does."""
    answerers = ((ModelRef(service.name, model.id), model) for model in models)
    rows = (_model_row(each, model, is_favourite=each in marked) for each, model in answerers)
    fitting = [row for row in rows if _matches(row, words)]
    detail = " · ".join(part for part in (state, service.url, service.notice) if part)
    head = ServiceRow(
        kind=RowKind.SERVICE, text=service.name, detail=detail, model=ModelRef(service.name)
    )
    if not fitting and not _matches(head, words):
        return
    yield head
    yield from islice(fitting, _MAX_MODELS)
    if (more := len(fitting) - _MAX_MODELS) > 0:
        yield ServiceRow(kind=RowKind.MORE, text=f"… and {more:,} more; type to find one")


def _model_row(
    answerer: ModelRef, model: Model, *, is_favourite: bool, is_first: bool = False
) -> ServiceRow:
    title = "" if model.title in ("", model.id) else model.title
    service = answerer.service if is_first else ""
    parts = (service, title, model_label(model))
    return ServiceRow(
        kind=RowKind.MODEL,
        text=model.id or "the service's own choice",
        detail=" · ".join(part for part in parts if part),
        model=answerer,
        is_favourite=is_favourite,
        in_favourites=is_first,
    )


def _model(offer: ServiceListing, answerer: ModelRef) -> Model:
    known = offer.models.get(answerer.service, ())
    return next((each for each in known if each.id == answerer.model), Model(answerer.model))


def _own_model(service: Service) -> Sequence[Model]:
    return (Model(service.model),) if service.model else ()


def _matches(row: ServiceRow, words: Iterable[str]) -> bool:
    name = row.model.service if row.model else ""
    text = f"{name} {row.text} {row.detail}".casefold()
    return all(word in text for word in words)
