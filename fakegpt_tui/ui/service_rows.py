"""Service list rows: services and models as rows, and the labels of their status."""

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
    """What is known of a service: its login, its rate limit, and the result of listing models."""

    login: LoginState
    limit: RateLimitStatus | None = None
    has_models: bool = False
    error: str = ""


def status_label(service: Service, status: ServiceStatus, now: datetime) -> str:
    """Whether a service can be used, as far as that is known at the time `now`."""
    login, limit = status.login, status.limit
    if limit is not None:
        until = limit.until and limit.until.astimezone(now.tzinfo)
        return f"limited until {until:%H:%M}" if until else "limited"
    if service.kind.is_api and isinstance(login, SignedOut | NoLogin):
        if status.error:
            return f"error: {status.error}"
        return "ready" if status.has_models else "not asked yet"
    return login_label(login, now)[0]


def model_label(model: Model) -> str:
    """What is known of a model apart from its name."""
    window = f"{short_count(model.window)} window" if model.window else ""
    limit = f"{short_count(model.max_output)} out" if model.max_output else ""
    thinks = f"thinks ({', '.join(model.efforts)})" if model.efforts else "thinks"
    abilities = (thinks if model.thinks else "", "sees" if model.sees else "")
    parts = (window, limit, *abilities, model.size, model.family, _prices_label(model))
    return " · ".join(dict.fromkeys(safe_line(part) for part in parts if part))


def _prices_label(model: Model) -> str:
    """Its prices for a million tokens, read and written."""
    prices = model.prices
    if prices is None:
        return ""
    if not (prices.input or prices.output):
        return "free"
    return f"${prices.input.normalize():f} in, ${prices.output.normalize():f} out"


def check_step_line(step: ConnectionCheck) -> Content:
    """A step of a trial on a line, with a sign for how it went."""
    return Content.assemble(
        ("✓ ", "$text-success") if step.worked else ("✗ ", "$text-error"),
        safe_line(step.sentence, _MAX_SENTENCE),
    )


def trial_text(lines: Sequence[Content]) -> Content:
    """The steps of a trial so far, and that it goes on."""
    return Content("\n").join([*lines, Content("Trying it out …")])


def short_count(number: int) -> str:
    """A number of tokens as people say it: `8k` for 8,192, `200k` for 200,000, `1M`."""
    unit = _BINARY if number % _BINARY == 0 else _THOUSAND
    if number < unit:
        return str(number)
    thousands = round(number / unit)
    return f"{thousands}k" if thousands < unit else f"{thousands / unit:.3g}M"


_MAX_MODELS = 60
"""Models of one service that are shown; the list lays out all of its rows whenever one changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceListing:
    """What there is to choose from. `states` are the status labels of the services."""

    services: Sequence[Service]
    states: Mapping[str, str]
    models: Mapping[str, Sequence[Model]]
    favourites: Sequence[ModelRef] = ()
    recent: Sequence[ModelRef] = ()
    """Those that were chosen last, the last one first."""
    found: Sequence[FoundService] = ()


def service_rows(listing: ServiceListing, query: str = "") -> tuple[ServiceRow, ...]:
    """The rows that have every word of `query`: favourites first, those used last, then all."""
    words = query.casefold().split()
    marked = set(listing.favourites)
    return (
        *_apart("Favourites", listing.favourites, listing, words),
        *_apart(
            "Last used", [each for each in listing.recent if each not in marked], listing, words
        ),
        *(row for service in listing.services for row in _service(listing, service, words, marked)),
        *_found(listing, words, marked),
    )


def best_match(rows: Sequence[ServiceRow], query: str) -> ModelRef | None:
    """The first row whose name has every word of `query`, or else the first model."""
    words = query.casefold().split()
    if not words:
        return None
    named = (row for row in rows if all(word in row.text.casefold() for word in words))
    models = (row for row in rows if row.kind is RowKind.MODEL)
    found = (row.model for row in (*named, *models) if row.model is not None)
    return next(found, None)


def _apart(
    heading: str, models: Sequence[ModelRef], listing: ServiceListing, words: Sequence[str]
) -> Iterator[ServiceRow]:
    """Models of any services under a heading, as far as they fit."""
    known = {service.name for service in listing.services}
    rows = [
        _model_row(each, _model(listing, each), is_favourite=each in listing.favourites, apart=True)
        for each in models
        if each.service in known
    ]
    matching = [row for row in rows if _matches(row, words)]
    if matching:
        yield ServiceRow(kind=RowKind.HEADING, text=heading)
        yield from matching


def _service(
    listing: ServiceListing, service: Service, words: Sequence[str], marked: Collection[ModelRef]
) -> Iterator[ServiceRow]:
    models = listing.models.get(service.name) or _own_model(service)
    state = listing.states.get(service.name, "")
    yield from _block(service, state, models, words, marked)


def _found(
    listing: ServiceListing, words: Sequence[str], marked: Collection[ModelRef]
) -> Iterator[ServiceRow]:
    known = {service.name for service in listing.services}
    rows = [
        row
        for found in listing.found
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
    model_refs = ((ModelRef(service.name, model.id), model) for model in models)
    rows = (_model_row(each, model, is_favourite=each in marked) for each, model in model_refs)
    matching = [row for row in rows if _matches(row, words)]
    detail = " · ".join(part for part in (state, service.url, service.notice) if part)
    head = ServiceRow(
        kind=RowKind.SERVICE, text=service.name, detail=detail, model=ModelRef(service.name)
    )
    if not matching and not _matches(head, words):
        return
    yield head
    yield from islice(matching, _MAX_MODELS)
    if (more := len(matching) - _MAX_MODELS) > 0:
        yield ServiceRow(kind=RowKind.MORE, text=f"… and {more:,} more; type to find one")


def _model_row(
    model_ref: ModelRef, model: Model, *, is_favourite: bool, apart: bool = False
) -> ServiceRow:
    title = "" if model.title in ("", model.id) else model.title
    service = model_ref.service if apart else ""
    parts = (service, title, model_label(model))
    return ServiceRow(
        kind=RowKind.MODEL,
        text=model.id or "the service's own choice",
        detail=" · ".join(part for part in parts if part),
        model=model_ref,
        is_favourite=is_favourite,
        is_apart=apart,
    )


def _model(listing: ServiceListing, model_ref: ModelRef) -> Model:
    known = listing.models.get(model_ref.service, ())
    return next((each for each in known if each.id == model_ref.model), Model(model_ref.model))


def _own_model(service: Service) -> Sequence[Model]:
    return (Model(service.model),) if service.model else ()


def _matches(row: ServiceRow, words: Iterable[str]) -> bool:
    name = row.model.service if row.model else ""
    text = f"{name} {row.text} {row.detail}".casefold()
    return all(word in text for word in words)
