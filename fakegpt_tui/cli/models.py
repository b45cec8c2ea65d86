"""`models`: the models of a service."""

import json

import click

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.domain import Model
from fakegpt_tui.text import safe_line

_LONGEST = 200
_FIELDS = ("id", "title", "description", "window", "size", "family")


@click.command()
@service_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def models(context: click.Context, *, as_json: bool) -> None:
    """List the models of the chosen service, the default one first, signing in if need be."""
    from fakegpt_tui.cli.one_shot import list_models  # noqa: PLC0415 - asyncio, not for --help

    settings = settings_of(context)
    service = settings.chosen_service
    if service.notice:
        echo_err(service.notice)
    found = list_models(settings, service)
    if as_json:
        document = {
            "version": 1,
            "service": service.name,
            "models": [{name: getattr(model, name) for name in _FIELDS} for model in found],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    if not found:
        echo_err("The service names no models.")
    width = max((len(_id(model)) for model in found), default=0)
    for model in found:
        click.echo(f"{_id(model):{width}}  {_about(model)}".rstrip())


def _id(model: Model) -> str:
    return safe_line(model.id, _LONGEST)


def _about(model: Model) -> str:
    title = "" if model.title == model.id else model.title
    window = f"{model.window:,} tokens" if model.window else ""
    facts = ", ".join(fact for fact in (window, model.size, model.family) if fact)
    texts = (title, model.description, facts)
    return " — ".join(safe_line(text, _LONGEST) for text in texts if text)
