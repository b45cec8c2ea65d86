"""`config`: the configuration file, and what it and other places say."""

import json
import os
from collections.abc import Iterator

import click

from fakegpt_tui.cli.config_template import TEMPLATE
from fakegpt_tui.cli.options import file_options, settings_of
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import SaveError, Service
from fakegpt_tui.text import safe_line

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


@click.group()
def config() -> None:
    """Show the configuration, or begin one."""


@config.command()
@file_options
@click.pass_context
def path(context: click.Context) -> None:
    """Print where the configuration file is, or would be."""
    click.echo(settings_of(context).config_file)


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def show(context: click.Context, *, as_json: bool) -> None:
    """Show every value, and the flag, variable or file that says so.

    Passwords and the values of headers are not shown.
    """
    settings = settings_of(context)
    rows = [(name, value, str(settings.origins[name])) for name, value in _values(settings)]
    if as_json:
        values = {name: {"value": value, "origin": origin} for name, value, origin in rows}
        click.echo(json.dumps({"version": 1, "values": values}, indent=2))
        return
    for name, value, origin in rows:
        click.echo(f"{name} = {safe_line(value, 1000)}  ({origin})")


@config.command()
@file_options
@click.pass_context
def init(context: click.Context) -> None:
    """Write a configuration file in which every line is a comment, to be changed at will.

    A file that is there already is left as it is.
    """
    target = settings_of(context).config_file
    try:
        target.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError as error:
        raise SaveError(f"The configuration file {target} is there already.") from error
    except OSError as error:
        raise SaveError(
            f"The configuration file {target} cannot be written: {error.strerror}."
        ) from error
    click.echo(target)


def _values(settings: Settings) -> Iterator[tuple[str, str]]:
    folders = settings.folders
    plain: dict[str, object] = {
        "config": settings.config_file,
        "data_dir": folders.data,
        "state_dir": folders.state,
        "cache_dir": folders.cache,
        "exports_dir": folders.exports,
        "service": settings.service,
        "model": settings.model,
        "theme": settings.theme,
        "max_turns": settings.max_turns,
        "repaint_rate": settings.repaint_rate,
        "notify": settings.notify,
        "enter": settings.enter,
        "ambiguous_width": settings.ambiguous_width,
        "plain": settings.plain,
        "mirror": settings.mirror,
        "favourites": ", ".join(str(each) for each in settings.favourites),
    }
    for name, value in plain.items():
        yield name, "" if value is None else str(value)
    for name, service in settings.services.items():
        yield f"services.{name}", _service(service, settings.upstreams.get(name))
    for name in settings.presets:
        yield f"presets.{name}", settings.presets[name].system_prompt
    for action, keys in settings.keys.items():
        yield f"keys.{action}", keys


def _service(service: Service, upstream: str | None) -> str:
    told = {
        "url": service.url,
        "model": service.model,
        "proxy": service.proxy and str(service.proxy),
        "verify": "" if service.verify is True else service.verify,
        "upstream": upstream,
        "headers": " ".join(name for name, _ in service.headers),
    }
    parts = [f"{name}={value}" for name, value in told.items() if value not in ("", None)]
    return ", ".join([service.kind.value, *parts])
