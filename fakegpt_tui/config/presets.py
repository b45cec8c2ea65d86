"""Presets: named system prompts with generation settings."""

from fakegpt_tui.config import validators
from fakegpt_tui.config.sources import Table
from fakegpt_tui.config.validators import TomlValue, Validator
from fakegpt_tui.domain import MAX_TOKENS, SEEDS, TEMPERATURES, TOP_PS, GenerationSettings, Preset


def parse_presets(table: Table) -> dict[str, Preset]:
    """The presets of the `[presets]` table by their names.

    Raises:
        ConfigError: A table cannot be used.
    """
    return {name: _parse_preset(name, table.table(name)) for name in table}


def _parse_preset(name: str, table: Table) -> Preset:
    system_prompt = table.consume("system_prompt", validators.any_text, "")
    return Preset(name, system_prompt, table.fill(GenerationSettings(), _GENERATION))


def preset_table(preset: Preset) -> dict[str, TomlValue | None]:
    """The table of a preset in the configuration file; `None` for a key without a value."""
    values = {name: getattr(preset.generation, name) for name in _GENERATION}
    stop = list(preset.generation.stop) or None
    return {"system_prompt": preset.system_prompt or None} | values | {"stop": stop}


def _number(low: float, high: float) -> Validator[float]:
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


_GENERATION: dict[str, Validator[object]] = {
    "temperature": _number(*TEMPERATURES),
    "top_p": _number(*TOP_PS),
    "max_tokens": validators.integer(*MAX_TOKENS),
    "seed": validators.integer(*SEEDS),
    "stop": _texts,
}
