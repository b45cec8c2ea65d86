"""`config` and `paths`: the configuration file, every value with its origin, and the folders."""

import os
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

import click

from fakegpt_tui.cli.options import file_options, folders_of, json_option, settings_of
from fakegpt_tui.cli.output import echo_json, echo_path
from fakegpt_tui.config.spec import SETTING_SPECS, Settings
from fakegpt_tui.domain import SaveError, Service
from fakegpt_tui.text import safe_line

_WIDTH = 100
_HEAD = """\
# Settings of fakegpt-tui. Remove the # in front of a line to change what it says.
# Flags and FAKEGPT_* variables win over this file; `fakegpt-tui config show` says which did.
"""
_TABLES = """
# A service of the FakeGPT protocol.
#[services.work]
#kind = "fakegpt"
#url = "https://chat.example.org"
#model = "text-davinci-002-render-sha"
#proxy = "socks5://127.0.0.1:1080"

# A server of the OpenAI protocol.
#[services.ollama]
#kind = "openai"
#url = "http://127.0.0.1:11434"
#model = "llama3.2"

# Other keys, by the ids that F1 shows; an empty text turns a key off.
#[keys]
#"chat.new" = "f12"
"""


@click.group()
def config() -> None:
    """Show the configuration, or begin one."""


@config.command()
@json_option
@file_options
@click.pass_context
def path(context: click.Context, *, as_json: bool) -> None:
    """Print where the configuration file is, or would be."""
    _print_path(folders_of(context, may_be_missing=True).config_file, as_json=as_json)


def _print_path(where: Path, *, as_json: bool) -> None:
    if as_json:
        echo_json({"version": 1, "path": str(where)})
    else:
        echo_path(where)


@config.command()
@json_option
@file_options
@click.pass_context
def show(context: click.Context, *, as_json: bool) -> None:
    """Show every value, and the flag, variable or file that sets it.

    Passwords and the values of headers are not shown. What was chosen last on the screen is used
    there alone.
    """
    from fakegpt_tui.cli.settings_store import last_chosen  # noqa: PLC0415 - not for the help

    settings = settings_of(context)
    rows = [(name, value, str(settings.origins[name])) for name, value in _values(settings)]
    chosen = last_chosen(settings)
    if as_json:
        values = {name: {"value": value, "origin": origin} for name, value, origin in rows}
        for name, value in chosen.items():
            values[name]["last_choice"] = value
        echo_json({"version": 1, "values": values})
        return
    for name, value, origin in rows:
        last = f"; on the screen {safe_line(chosen[name])}, chosen last" if name in chosen else ""
        click.echo(f"{name} = {safe_line(value, 1000)}  ({origin}{last})")


@config.command()
@json_option
@file_options
@click.pass_context
def init(context: click.Context, *, as_json: bool) -> None:
    """Write a configuration file in which every line is a comment, to be changed at will.

    A file that is already there is left as it is.
    """
    target = folders_of(context, may_be_missing=True).config_file
    from fakegpt_tui.temporary_files import PRIVATE, make_private_folder  # noqa: PLC0415 - not for show

    try:
        make_private_folder(target.parent)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError as error:
        raise SaveError(f"The configuration file {target} is there already.") from error
    except OSError as error:
        raise SaveError(
            f"The configuration file {target} cannot be written: {error.strerror}."
        ) from error
    _print_path(target, as_json=as_json)


def template() -> str:
    """A configuration file in comments, which works when they are uncommented."""
    lines = [_HEAD]
    for row in SETTING_SPECS.values():
        if row.example:
            sentence = wrap(row.description, _WIDTH, initial_indent="# ", subsequent_indent="# ")
            lines += [*sentence, f"#{row.name} = {row.example}", ""]
    return "\n".join(lines) + _TABLES.lstrip("\n")


@click.command()
@json_option
@file_options
@click.pass_context
def paths(context: click.Context, *, as_json: bool) -> None:
    """Show where files are kept, and which setting says so."""
    settings = folders_of(context, may_be_missing=True)
    rows = [
        (name, path, str(settings.origins[setting]))
        for name, path, setting in (
            ("configuration", settings.config_file, "config"),
            ("conversations", settings.database, "data_dir"),
            ("saved files", settings.exports_dir, "exports_dir"),
            ("sessions", settings.session_file, "state_dir"),
            ("crash reports", settings.crash_reports, "state_dir"),
            ("cache", settings.cache_dir, "cache_dir"),
        )
    ]
    if as_json:
        places = [
            {"name": name, "path": str(path), "origin": origin} for name, path, origin in rows
        ]
        echo_json({"version": 1, "paths": places})
        return
    names, paths = (max(len(str(row[column])) for row in rows) for column in (0, 1))
    for name, where, origin in rows:
        echo_path(where, f"{name:<{names}}  ", f"{'':<{paths - len(str(where))}}  ({origin})")


def _values(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "config", str(settings.config_file)
    for name, row in SETTING_SPECS.items():
        yield name, row.value(settings)
    for name, service in settings.services.items():
        yield f"services.{name}", _describe(service, settings.upstreams.get(name))
    for name, preset in settings.presets.items():
        yield f"presets.{name}", preset.system_prompt
    for action, keys in settings.keys.items():
        yield f"keys.{action}", keys


def _describe(service: Service, upstream: str | None) -> str:
    facts = {
        "url": service.url,
        "model": service.model,
        "proxy": service.proxy and str(service.proxy),
        "verify": "" if service.verify is True else service.verify,
        "upstream": upstream,
        "headers": " ".join(name for name, _ in service.headers),
    }
    parts = [f"{name}={value}" for name, value in facts.items() if value not in ("", None)]
    return ", ".join([service.kind.value, *parts])
