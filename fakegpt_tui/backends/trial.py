"""Trying a service out: what works of it, and what exactly does not."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import (
    BadReply,
    ConnectionCheck,
    ContextMessage,
    FakeGPTError,
    GenerationSettings,
    Model,
    ReasoningDelta,
    RequestRefused,
    Role,
    TextDelta,
    TextReplaced,
    Unsupported,
)

_TEST_PROMPT: Final = "Say OK."
_MAX_TOKENS: Final = 16


async def check_connection(
    make: Callable[[], Backend], model: str = "", *, asking: bool = True
) -> AsyncGenerator[ConnectionCheck]:
    """What comes of using a service, step by step; the first step that fails is the last.

    With `asking`, `model` or the first one is asked for a word: some services show their models
    without a key, and some have none loaded. `make` may raise `ConfigError`.
    """
    try:
        backend = make()
    except FakeGPTError as error:
        yield ConnectionCheck(str(error), worked=False)
        return
    try:
        models = await backend.models()
    except (RequestRefused, Unsupported) as error:
        if not (model and asking):
            yield ConnectionCheck(str(error), worked=False)
            return
        models = (Model(model),)
        yield ConnectionCheck("It can be reached, but shows no list of its models.", worked=True)
    except BadReply as error:
        yield ConnectionCheck(f"{error} Is this the address of such a service?", worked=False)
        return
    except FakeGPTError as error:
        yield ConnectionCheck(str(error), worked=False)
        return
    else:
        yield _models_step(models, model)
    if asking:
        yield await _check_reply(backend, model or models[0].id)


def _models_step(models: tuple[Model, ...], model: str) -> ConnectionCheck:
    count = "one model" if len(models) == 1 else f"{len(models)} models"
    missing = model and all(each.id != model for each in models)
    but = f", but {model!r} is not among them" if missing else ""
    return ConnectionCheck(
        f"It can be reached and offers {count}{but}.", worked=True, models=models
    )


async def _check_reply(backend: Backend, model: str) -> ConnectionCheck:
    request = ReplyRequest(
        messages=(ContextMessage(Role.USER, _TEST_PROMPT),),
        model=model,
        generation=GenerationSettings(max_tokens=_MAX_TOKENS),
    )
    try:
        async with aclosing(backend.stream(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta | TextReplaced | ReasoningDelta):
                    return ConnectionCheck(f"The model {model!r} answers.", worked=True)
    except FakeGPTError as error:
        return ConnectionCheck(str(error), worked=False)
    return ConnectionCheck(f"The model {model!r} answers without a word.", worked=False)
