"""Calls of other programs: messages in their shapes, errors, and replies without an event loop."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from typing import Any, TypeAlias

from fakegpt_tui.domain import ContextMessage, Role, ServiceError

Messages: TypeAlias = Sequence[Mapping[str, str]]

_MODEL = "text-davinci-002-render-sha"
_NO_RESPONSE = "No valid response"


def runtime_error(error: ServiceError, *, is_cut: bool) -> RuntimeError:
    return RuntimeError(str(error) if is_cut else f"{_NO_RESPONSE}: {error}")


def model_name(name: str) -> str:
    return _MODEL if not name or name.startswith("gpt-3.5") else name


def context_message(line: Mapping[str, Any]) -> ContextMessage:
    """A message as callers of many kinds write it: in parts, with no content, or without a role."""
    match line.get("content"):
        case str(text):
            content = text
        case [*parts]:
            texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
            content = "\n".join(text for text in texts if isinstance(text, str))
        case _:
            content = ""
    return ContextMessage(str(line.get("role") or Role.USER), content)


def require_free_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs here, if it may be entered again, as in notebooks; `None` without one."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    if hasattr(loop, "_nest_patched"):
        return loop
    raise RuntimeError(
        "create_completion cannot be used while an event loop is running; "
        "use create_async_generator or create_async there, or apply nest_asyncio."
    )


def iterate_synchronously(make: Callable[[], AsyncGenerator[str]]) -> Generator[str]:
    with _open_loop() as run:
        pieces = make()
        try:
            while (piece := run(_next(pieces))) is not None:
                yield piece
        finally:
            run(_close(pieces))


@contextmanager
def _open_loop() -> Iterator[Callable[[Coroutine[Any, Any, str | None]], str | None]]:
    """What runs a coroutine to its end: a loop of its own, or the one that is free here."""
    if loop := require_free_loop():
        yield loop.run_until_complete
    else:
        with asyncio.Runner() as runner:
            yield runner.run


async def _next(pieces: AsyncGenerator[str]) -> str | None:
    return await anext(pieces, None)


async def _close(pieces: AsyncGenerator[str]) -> None:
    await pieces.aclose()


def join_pieces(pieces: Generator[str]) -> Generator[str]:
    yield "".join(pieces)
