"""Sight: whether the model that is asked takes pictures, looked up before one is sent."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from fakegpt_tui.chat.services import Services
from fakegpt_tui.domain import FakeGPTError, ModelRef, PictureRefused
from fakegpt_tui.domain.parts import Part, has_pictures
from fakegpt_tui.text import safe_line

_LIST_SECONDS: Final = 3.0
"""How long a picture waits for the list of models; without it a model may see."""


async def find_blind(services: Services, models: Iterable[ModelRef]) -> tuple[ModelRef, ...]:
    """Those of the models that take no pictures; lists that are not known yet are asked for."""
    asked = tuple(models)
    unknown = {each.service for each in asked if not _is_told(services, each)}
    await asyncio.gather(*(_ask_for_list(services, name) for name in unknown))
    return tuple(filter(services.is_blind, asked))


async def require_sight(services: Services, model: ModelRef, parts: Iterable[Part]) -> None:
    """Refuse pictures for a model that takes none, before anything is sent.

    Raises:
        PictureRefused: There are some.
    """
    if has_pictures(parts) and await find_blind(services, (model,)):
        raise PictureRefused(
            f"{safe_line(str(model), 80)} takes no pictures, so nothing was sent. Choose another "
            "model, or leave the picture out and describe it in words."
        )


def _is_told(services: Services, model: ModelRef) -> bool:
    return services.is_blind(model) or bool(services.known_models(model.service))


async def _ask_for_list(services: Services, name: str) -> None:
    with suppress(FakeGPTError, TimeoutError):
        async with asyncio.timeout(_LIST_SECONDS):
            await services.models(name)
