"""Presets: named system prompts with generation settings."""

from fakegpt_tui.config import validators
from fakegpt_tui.config.sources import Table
from fakegpt_tui.domain import MAX_TOKENS, SEEDS, TEMPERATURES, TOP_PS, GenerationSettings, Preset


def parse_presets(table: Table) -> dict[str, Preset]:
    """The presets of the `[presets]` table by their names.

    Raises:
        ConfigError: A table cannot be used.
    """
    return {name: _parse_preset(name, table.table(name)) for name in table}


def _parse_preset(name: str, table: Table) -> Preset:
    nothing = GenerationSettings()
    preset = Preset(
        name,
        table.consume("system_prompt", validators.any_text, ""),
        GenerationSettings(
            temperature=table.consume("temperature", _number(*TEMPERATURES), nothing.temperature),
            top_p=table.consume("top_p", _number(*TOP_PS), nothing.top_p),
            max_tokens=table.consume(
                "max_tokens", validators.integer(*MAX_TOKENS), nothing.max_tokens
            ),
            seed=table.consume("seed", validators.integer(*SEEDS), nothing.seed),
            stop=table.consume("stop", _texts, nothing.stop),
        ),
    )
    table.reject_unknown()
    return preset


def preset_table(preset: Preset) -> dict[str, str | int | float | list[str] | None]:
    """What the table of a preset says, and `None` for what it says nothing of."""
    settings = preset.generation
    return {
        "system_prompt": preset.system_prompt or None,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "max_tokens": settings.max_tokens,
        "seed": settings.seed,
        "stop": list(settings.stop) or None,
    }


def _number(low: float, high: float) -> validators.Validator[float]:
    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise validators.InvalidValue(f"a number from {low:g} to {high:g}")

    return read


def _texts(value: object) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if all(isinstance(text, str) and text for text in texts):
        return tuple(texts)
    raise validators.InvalidValue("text, or a list of texts")
