"""Presets, generation settings and prices of the configuration file; imported where it has any."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from fakegpt_tui.config import validators
from fakegpt_tui.config.validators import InvalidValue, TomlValue
from fakegpt_tui.domain import ConfigError, GenerationSettings, Preset
from fakegpt_tui.domain.generation import GENERATION_ROWS
from fakegpt_tui.domain.prices import PriceRow, TokenPrices
from fakegpt_tui.domain.setting_kinds import InvalidSetting, JsonTable, SettingKind

if TYPE_CHECKING:
    from fakegpt_tui.config.sources import Table


def parse_presets(table: Table) -> dict[str, Preset]:
    """The presets of the `[presets]` table by their names.

    Raises:
        ConfigError: A table cannot be used.
    """
    return {name: _parse_preset(name, table.table(name)) for name in table}


def _parse_preset(name: str, table: Table) -> Preset:
    system_prompt = table.consume("system_prompt", validators.any_text, "")
    return Preset(name, system_prompt, parse_generation(table))


def preset_table(preset: Preset) -> dict[str, TomlValue | None]:
    """The table of a preset in the configuration file; `None` for a key without a value."""
    values: dict[str, TomlValue | None] = {"system_prompt": preset.system_prompt or None}
    for row in GENERATION_ROWS:
        value = getattr(preset.generation, row.name)
        if isinstance(row.kind, JsonTable) and value:
            value = json.loads(value)
        values[row.name] = list(value) or None if isinstance(value, tuple) else value
    return {name: None if value == "" else value for name, value in values.items()}


def parse_generation(table: Table) -> GenerationSettings:
    """The generation settings among the values of a table.

    Raises:
        ConfigError: One of them cannot be used.
    """
    readers = {row.name: partial(_read_setting, row.kind) for row in GENERATION_ROWS}
    return table.fill(GenerationSettings(), readers)


def _read_setting(kind: SettingKind, value: object) -> object:
    try:
        return kind.read(value)
    except InvalidSetting as error:
        raise InvalidValue(str(error)) from error


def parse_prices(rows: list[Table]) -> tuple[PriceRow, ...]:
    """The rows of `[[prices]]`.

    Raises:
        ConfigError: A row cannot be used.
    """
    return tuple(_parse_price(row) for row in rows)


def _parse_price(table: Table) -> PriceRow:
    model = table.consume("model", validators.text, "")
    if not model or "input" not in table or "output" not in table:
        raise ConfigError(f"Each of [[prices]] in {table.path} has a model, input and output.")
    row = PriceRow(
        model=model,
        service=table.consume("service", validators.text, ""),
        since=table.consume("since", validators.day, date.min),
        prices=TokenPrices(
            table.consume("input", validators.price, Decimal(0)),
            table.consume("output", validators.price, Decimal(0)),
            table.consume("cache_read", validators.price, None),
            table.consume("cache_write", validators.price, None),
            "of config.toml",
            table.consume("cache_write_long", validators.price, None),
        ),
        tier=table.consume("tier", validators.text, ""),
        hours=table.consume("hours", validators.hours, None),
    )
    table.reject_unknown()
    return row
