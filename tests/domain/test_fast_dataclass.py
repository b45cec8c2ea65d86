"""The cheap dataclass does what the standard one does."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from fakegpt_tui.domain.fast_dataclass import dataclass

Decorator = Callable[..., Any]


def classes(decorator: Decorator) -> dict[str, Any]:
    """The shapes that are in use, made by one decorator or the other."""

    @decorator(frozen=True, slots=True)
    class Point:
        """Two numbers."""

        x: int
        y: int = 2

    @decorator(frozen=True, slots=True, kw_only=True)
    class Options:
        """With names only."""

        name: str
        hidden: str = dataclasses.field(default="h", repr=False)
        texts: list[str] = dataclasses.field(default_factory=list)

        def __bool__(self) -> bool:
            return bool(self.name)

    @decorator(slots=True)
    class Counter:
        """Changes."""

        count: int = 0

    @decorator(frozen=True, slots=True)
    class Nothing:
        """Nothing."""

    @decorator(frozen=True, slots=True)
    class Space(Point):
        """Three numbers."""

        z: int = 3

    found = (Point, Options, Counter, Nothing, Space)
    for each in found:
        each.__qualname__ = each.__name__
    return {each.__name__: each for each in found}


OURS, THEIRS = classes(dataclass), classes(dataclasses.dataclass)
CALLS = [
    ("Point", (1,), {}),
    ("Point", (1, 5), {}),
    ("Point", (), {"y": 1, "x": 4}),
    ("Options", (), {"name": "a"}),
    ("Options", (), {"name": "b", "texts": ["t"], "hidden": "s"}),
    ("Counter", (3,), {}),
    ("Nothing", (), {}),
    ("Space", (1, 2), {}),
]


@pytest.mark.parametrize(("name", "given", "named"), CALLS)
def test_it_is_made_shown_and_taken_apart_alike(name: str, given: Any, named: Any) -> None:
    ours, theirs = OURS[name](*given, **named), THEIRS[name](*given, **named)
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert type(ours).__match_args__ == type(theirs).__match_args__
    assert type(ours).__slots__ == type(theirs).__slots__
    assert not hasattr(ours, "__dict__")
    assert ours == OURS[name](*given, **named)
    assert ours != theirs
    assert dataclasses.replace(ours) == ours


@pytest.mark.parametrize("name", OURS)
def test_signatures_and_documentation_are_alike(name: str) -> None:
    ours, theirs = OURS[name], THEIRS[name]
    kinds = [
        [(each.name, each.kind) for each in inspect.signature(cls).parameters.values()]
        for cls in (ours, theirs)
    ]
    assert kinds[0] == kinds[1]
    assert ours.__doc__ == theirs.__doc__
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)


def test_what_is_frozen_stays_and_has_a_hash() -> None:
    point = OURS["Point"](1)
    for change in (lambda: setattr(point, "x", 2), lambda: delattr(point, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert {point: "here"}[OURS["Point"](1, 2)] == "here"
    assert point != OURS["Space"](1, 2)


def test_a_default_is_made_for_each() -> None:
    first, second = OURS["Options"](name="a"), OURS["Options"](name="a")
    first.texts.append("x")
    assert second.texts == []


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"q": 1})])
def test_wrong_arguments_are_refused(given: Any, named: Any) -> None:
    with pytest.raises(TypeError):
        OURS["Point"](*given, **named)


def test_rare_options_are_those_of_the_standard_library() -> None:
    @dataclass(order=True, slots=True)
    class Place:
        row: int

    assert Place(1) < Place(2)
