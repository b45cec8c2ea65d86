"""How a model is told to write."""

from dataclasses import dataclass
from typing import Final

TEMPERATURES: Final = (0.0, 2.0)
TOP_PS: Final = (0.0, 1.0)
MAX_TOKENS: Final = (1, 10_000_000)
SEEDS: Final = (0, 2**63 - 1)
"""The least and the largest that a person may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How a model should write; `None` leaves it to the service."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A way of writing that has a name, to be given to any conversation."""

    name: str
    system_prompt: str = ""
    generation: GenerationSettings = GenerationSettings()
