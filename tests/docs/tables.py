"""The tables of `docs/`, made from the program: `python -m tests.docs.tables` writes them."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from fakegpt_tui.config.spec import SETTING_SPECS
from fakegpt_tui.domain.generation import GENERATION_ROWS, SettingPath
from fakegpt_tui.keymap import Command
from fakegpt_tui.keymap.vim import ALL_COMMANDS
from fakegpt_tui.protocol.completion_settings import (
    CLIENT_FIELDS,
    MESSAGE_FIELDS,
    PASSED_ON,
    ClientField,
)
from fakegpt_tui.ui.bindings import key_label
from tests.benchmarks.table import HISTORY, table

DOCS = Path(__file__).parents[2] / "docs"


def keys_table() -> str:
    """A table of keys for each part of the screen."""
    parts = []
    for scope, commands in groupby(sorted(ALL_COMMANDS, key=_scope), key=lambda each: each.scope):
        rows = [
            f"| {_keys(each.keys)} | {_names(each)} | {each.help} | `{each.id}` |\n"
            for each in commands
        ]
        head = "| keys | command | does | id |\n|---|---|---|---|\n"
        parts.append(f"## Keys {scope}\n\n{head}{''.join(rows)}")
    return "\n".join(parts)


def _names(command: Command) -> str:
    """The slash command with what it takes, and its aliases."""
    names = (command.usage, *command.names[1:]) if command.slash else ()
    return ", ".join(f"`{name}`" for name in names)


def settings_table() -> str:
    head = "| setting | default | values | meaning |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{name}` | {_default(row.unset or row.default)} "
        f"| {', '.join(f'`{each}`' for each in row.choices)} | {row.description} |\n"
        for name, row in SETTING_SPECS.items()
    )


def costs_table() -> str:
    return table(HISTORY.read_text(encoding="utf-8").splitlines())


def generation_table() -> str:
    head = "| setting | for | chat completions | Responses | Messages |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{row.name}` | {_cell(row.hint)} | {_place(row.chat)} | {_place(row.responses)} "
        f"| {_place(row.anthropic)} |\n"
        for row in GENERATION_ROWS
    )


def clients_table() -> str:
    """Fields of clients by the setting that they mean; those that are sent on come last."""
    head = "| setting | of OpenAI's protocol | of the Messages protocol |\n|---|---|---|\n"
    rows = [
        (row.name, _fields_of(CLIENT_FIELDS, row.name), _fields_of(MESSAGE_FIELDS, row.name))
        for row in GENERATION_ROWS
        if row.name != "extra"
    ]
    rows.append(("extra", ", ".join(f"`{name}`" for name in sorted(PASSED_ON)), ""))
    return head + "".join(f"| `{name}` | {one} | {other} |\n" for name, one, other in rows)


def _fields_of(fields: Sequence[ClientField], setting: str) -> str:
    return ", ".join(f"`{field.path}`" for field in fields if field.setting == setting)


TABLES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "keys": ("keys.md", keys_table),
    "settings": ("configuration.md", settings_table),
    "generation": ("configuration.md", generation_table),
    "clients": ("serving.md", clients_table),
    "costs": ("costs.md", costs_table),
}


def with_table(name: str, text: str) -> str:
    """The text of a page with the table `name` as it should be."""
    _, make = TABLES[name]
    begin, end = f"<!-- table: {name} -->\n", "<!-- end of table -->\n"
    pattern = f"({re.escape(begin)}).*?({re.escape(end)})"
    return re.sub(pattern, lambda match: match[1] + make() + match[2], text, flags=re.DOTALL)


def _place(place: SettingPath) -> str:
    return f"`{place.path}`" if place.path else "–"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _scope(command: Command) -> int:
    scopes = list(dict.fromkeys(each.scope for each in ALL_COMMANDS))
    return scopes.index(command.scope)


def _keys(keys: str) -> str:
    """Keys by the names that the configuration has for them, but signs as signs."""
    labels = {key: key_label(key) for key in keys.split(",") if key}
    return ", ".join(
        key if label.lower() == key or label.startswith("pg") else _cell(label)
        for key, label in labels.items()
    )


def _default(value: object) -> str:
    if value is None or value == ():
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    for table_name, (page, _) in TABLES.items():
        file = DOCS / page
        text = file.read_text(encoding="utf-8")
        file.write_text(with_table(table_name, text), encoding="utf-8")
