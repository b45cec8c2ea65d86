"""Data classes and patterns that are cheap at import do what the standard ones do."""

import dataclasses
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from fakegpt_tui.fast_import import dataclass, lazy_pattern

Decorator = Callable[..., Any]
COMPILED_BY_THE_FIRST_WORD = """
import re._compiler, sys

compiled = []
compile_now = re._compiler.compile

def watch(source, flags=0):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"].partition(".")[0] == "re":
        frame = frame.f_back
    name = frame.f_globals["__name__"]
    if name.startswith("fakegpt_tui.") and name != "fakegpt_tui.fast_import":
        compiled.append(f"{name}:{frame.f_lineno}: {source[:40]}")
    return compile_now(source, flags)

re._compiler.compile = watch
import fakegpt_tui.cli.interface
import fakegpt_tui.ui.app
import fakegpt_tui.ui.chat_transcript
import fakegpt_tui.ui.controllers.prompt
import fakegpt_tui.ui.markdown.document
import fakegpt_tui.chat.turns
import fakegpt_tui.store.conversation_store
import fakegpt_tui.backends.openai
import fakegpt_tui.backends.fakegpt
print(*compiled, sep="\\n")
"""


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


def test_a_lazy_pattern_answers_as_the_compiled_one_does() -> None:
    lazy, compiled = (
        lazy_pattern(r"(?P<word>\w+) (\d+)", re.ASCII),
        re.compile(r"(?P<word>\w+) (\d+)"),
    )
    assert lazy.pattern == compiled.pattern
    assert lazy.flags == re.ASCII
    assert dict(lazy.groupindex) == {"word": 1}
    for text in ("a 1", "a 1 b 2", "-", ""):
        assert [each.groups() for each in lazy.finditer(text)] == compiled.findall(text)
        assert lazy.sub(r"\2", text) == compiled.sub(r"\2", text)
        assert (lazy.fullmatch(text) is None) == (compiled.fullmatch(text) is None)
    assert lazy_pattern(rb"\d+").search(b"no 12")[0] == b"12"  # type: ignore[index]


def test_a_lazy_pattern_is_compiled_when_it_is_used() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.search("")


def test_what_the_first_reply_imports_compiles_only_what_it_uses() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPILED_BY_THE_FIRST_WORD],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == ""
