"""The list of services and models, row by row, and the words for them."""

from datetime import UTC, datetime, timedelta

import pytest

from fakegpt_tui.domain import (
    FoundService,
    KeyNeeded,
    LoginState,
    Model,
    ModelRef,
    NoLogin,
    Offline,
    RateLimitStatus,
    Service,
    ServiceKind,
    SignedIn,
    SignedOut,
)
from fakegpt_tui.ui.service_rows import (
    ServiceListing,
    ServiceStatus,
    best_match,
    model_label,
    service_rows,
    short_count,
    status_label,
)
from fakegpt_tui.ui.widgets.service_list import RowKind

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE = Service(name="one", kind=ServiceKind.OPENAI, url="http://127.0.0.1:1")
TWO = Service(name="two", kind=ServiceKind.OPENAI, url="http://127.0.0.1:2", model="default")


def offer(**changes: object) -> ServiceListing:
    filled = {
        "services": (ONE, TWO),
        "states": {"one": "ready", "two": "offline"},
        "models": {"one": (Model("small", size="7B"), Model("large", "The large one"))},
    }
    return ServiceListing(**{**filled, **changes})


def texts(given: ServiceListing, query: str = "") -> list[str]:
    return [row.text for row in service_rows(given, query)]


def test_a_service_is_followed_by_its_models_or_else_by_the_one_of_its_settings() -> None:
    assert texts(offer()) == ["one", "small", "large", "two", "default"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("LARGE", ["one", "large"]),
        ("one 7b", ["one", "small"]),
        ("offline", ["two"]),
        ("two", ["two", "default"]),
        ("nothing", []),
    ],
)
def test_a_filter_leaves_what_has_every_word(query: str, expected: list[str]) -> None:
    assert texts(offer(), query) == expected


def test_favourites_come_first_as_long_as_their_service_is_there() -> None:
    marked = (ModelRef("two", "default"), ModelRef("gone", "small"), ModelRef("one", "large"))
    rows = service_rows(offer(favourites=marked))
    assert [row.text for row in rows[:3]] == ["Favourites", "default", "large"]
    assert rows[0].kind is RowKind.HEADING
    assert [row.text for row in rows if row.is_favourite and not row.is_apart] == [
        "large",
        "default",
    ]
    assert texts(offer(favourites=marked), "small") == ["one", "small"]


def test_what_was_used_last_comes_behind_the_favourites_each_once() -> None:
    used = (ModelRef("one", "large"), ModelRef("gone", "x"), ModelRef("two", "default"))
    rows = offer(favourites=(ModelRef("two", "default"),), recent=used)
    assert texts(rows)[:4] == ["Favourites", "default", "Last used", "large"]
    assert texts(rows, "small") == ["one", "small"]


def test_what_was_found_comes_last_unless_it_is_configured() -> None:
    new = Service(name="new", kind=ServiceKind.OPENAI, url="http://127.0.0.1:3")
    found = (FoundService(new, (Model("tiny"),)), FoundService(ONE, (Model("small"),)))
    assert texts(offer(found=found))[-3:] == ["Found on this machine", "new", "tiny"]


def test_of_very_many_models_some_are_shown_and_all_are_found() -> None:
    many = {"one": tuple(Model(f"model-{number}") for number in range(400))}
    rows = service_rows(offer(models=many))
    assert len(rows) < 70
    assert "… and 340 more; type to find one" in [row.text for row in rows]
    assert texts(offer(models=many), "model-399") == ["one", "model-399"]


@pytest.mark.parametrize(
    ("login", "limit", "has_models", "trouble", "words"),
    [
        (SignedOut(), None, False, "", "not asked yet"),
        (NoLogin(), None, False, "", "not asked yet"),
        (NoLogin(), None, True, "", "ready"),
        (NoLogin(), None, False, "It makes no sense.", "error: It makes no sense."),
        (Offline("Nobody there."), None, False, "Nobody there.", "offline: Nobody there."),
        (KeyNeeded("No key."), None, False, "No key.", "needs a key: No key."),
        (SignedIn(None), RateLimitStatus(None, "Slow down."), True, "", "limited"),
        (NoLogin(), RateLimitStatus(NOW + timedelta(hours=1), ""), True, "", "limited until 13:00"),
    ],
)
def test_how_a_service_is(
    login: LoginState, limit: RateLimitStatus | None, trouble: str, words: str, *, has_models: bool
) -> None:
    standing = ServiceStatus(login=login, limit=limit, has_models=has_models, error=trouble)
    assert status_label(ONE, standing, NOW) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(512, "512"), (4096, "4k"), (131_072, "128k"), (200_000, "200k"), (1_048_576, "1M")],
)
def test_counts_are_short(number: int, words: str) -> None:
    assert short_count(number) == words


def test_what_is_known_of_a_model_is_said_once() -> None:
    assert model_label(Model("m", window=8192, size="7B", family="7B")) == "8k window · 7B"
    assert model_label(Model("m")) == ""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("one", ModelRef("one")),
        ("larg", ModelRef("one", "large")),
        ("7b", ModelRef("one", "small")),
        ("offline", None),
    ],
)
def test_what_is_typed_highlights_what_is_named_so_or_else_a_model(
    query: str, expected: ModelRef | None
) -> None:
    assert best_match(service_rows(offer(), query), query) == expected
