"""`ask`: one prompt, its answer on standard output."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.cli.options import file_options, service_options, settings_of
from fakegpt_tui.domain import Preset

if TYPE_CHECKING:
    from fakegpt_tui.config.spec import Settings

_SILENT_SECONDS = 1.0
_WAITING = (
    "Waiting for the end of standard input, which belongs to the prompt. --no-stdin, or "
    "</dev/null, leaves it out."
)


@click.command()
@click.argument("words", nargs=-1, metavar="[PROMPT]...")
@service_options
@click.option("--system", metavar="TEXT", help="A system prompt, before the prompt.")
@click.option("--preset", metavar="NAME", help="A preset of the configuration.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="A generation setting, such as effort=low or extra.n=1; may be given several times.",
)
@click.option(
    "--schema",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="The JSON schema that the reply follows.",
)
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="A text file, or the text of a PDF, before the prompt; may be given several times.",
)
@click.option(
    "--attach",
    "attachments",
    multiple=True,
    metavar="FILE",
    help="A picture, a PDF or a text file as it is; may be given several times.",
)
@click.option("--over-budget", is_flag=True, help="Send it even if that passes the budget.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing of it.")
@click.option("--curl", is_flag=True, help="With --dry-run: as a command for curl, keyless.")
@click.option("--no-stdin", is_flag=True, help="Do not read standard input.")
@click.option("--no-store", is_flag=True, help="Keep nothing of this on disk but what it cost.")
@file_options
@click.pass_context
def ask(
    context: click.Context,
    *,
    words: tuple[str, ...],
    system: str | None,
    preset: str | None,
    assignments: tuple[str, ...],
    schema: str | None,
    files: tuple[str, ...],
    attachments: tuple[str, ...],
    over_budget: bool,
    dry_run: bool,
    curl: bool,
    as_json: bool,
    no_stdin: bool,
    no_store: bool,
) -> None:
    """Ask once, and print the answer as it arrives.

    The prompt is PROMPT, or standard input, or both: then the input follows the prompt.
    A picture or PDF on standard input is attached. The conversation is kept, like every other.
    For example:

    git diff | fakegpt-tui ask Review this
    """
    piped = b"" if no_stdin else _standard_input()
    from fakegpt_tui.cli.ask_prompt import read_prompt  # noqa: PLC0415 - not for --help

    prompt = read_prompt(" ".join(words), piped, files, attachments)
    settings = settings_of(context)
    from fakegpt_tui.cli.ask_runner import ask_once, show_request  # noqa: PLC0415 - asyncio, not for --help

    if over_budget:
        settings = replace(settings, monthly_budget=None)
    chosen = _chosen_settings(settings, preset, system, assignments, schema)
    if dry_run:
        show_request(settings, prompt, chosen, as_curl=curl, as_json=as_json)
        return
    if curl:
        raise click.UsageError("--curl goes with --dry-run.")
    context.exit(ask_once(settings, prompt, chosen, as_json=as_json, keep=not no_store))


def _chosen_settings(
    settings: Settings,
    preset_name: str | None,
    system: str | None,
    assignments: tuple[str, ...],
    schema: str | None,
) -> Preset:
    """The preset, with what the other options set over it."""
    from fakegpt_tui.domain.generation import merge_settings, parse_assignment  # noqa: PLC0415
    from fakegpt_tui.domain.setting_kinds import InvalidSetting  # noqa: PLC0415 - as above

    preset = Preset("")
    if preset_name is not None:
        found = settings.presets.get(preset_name)
        if found is None:
            known = ", ".join(settings.presets) or "none in the configuration"
            raise click.UsageError(f"There is no preset {preset_name!r}; there is {known}.")
        preset = found
    generation = preset.generation
    texts = [f"schema={Path(schema).read_text(encoding='utf-8-sig')}"] if schema else []
    for text in (*texts, *assignments):
        try:
            generation = merge_settings(generation, parse_assignment(text))
        except InvalidSetting as error:
            option = "--schema" if texts and text is texts[0] else "--set"
            raise click.UsageError(f"{option} takes {error}.") from error
    return Preset("", preset.system_prompt if system is None else system, generation)


def _standard_input() -> bytes:
    """All of standard input, if that is no terminal; says so where it does not end soon."""
    if sys.stdin is None or sys.stdin.isatty():
        return b""
    notice = Timer(_SILENT_SECONDS, echo_err, [_WAITING])
    notice.daemon = True
    notice.start()
    try:
        return sys.stdin.buffer.read()
    finally:
        notice.cancel()
