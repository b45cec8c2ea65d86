"""`ask`: one prompt, its answer on standard output."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import click

from fakegpt_tui.cli.options import (
    TEMPORARY,
    completing,
    file_options,
    service_options,
    settings_of,
)
from fakegpt_tui.cli.output import echo_err
from fakegpt_tui.domain import Preset

if TYPE_CHECKING:
    from fakegpt_tui.cli.ask_prompt import AskPlan
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain import GenerationSettings

_SILENT_SECONDS = 1.0
_WAITING = (
    "Waiting for the end of standard input, which belongs to the prompt. --no-stdin, or "
    "</dev/null, leaves it out."
)


@click.command()
@click.argument(
    "words",
    nargs=-1,
    metavar="[PROMPT]...",
    shell_complete=completing("snippet_values"),
)
@service_options
@click.option(
    "-c", "--continue", "newest", is_flag=True, help="Go on with the newest conversation."
)
@click.option(
    "--conversation",
    metavar="ID",
    help="Go on with the one whose id or title begins so.",
    shell_complete=completing("conversations"),
)
@click.option(
    "--folder",
    metavar="PATH",
    help="The folder of the new conversation, whose service, model and system prompt it gets.",
    shell_complete=completing("folders"),
)
@click.option("--title", metavar="TEXT", help="The title of the conversation.")
@click.option("--system", metavar="TEXT", help="A system prompt, before the prompt.")
@click.option(
    "--preset",
    metavar="NAME",
    help="A preset of the configuration.",
    shell_complete=completing("presets"),
)
@click.option(
    "--snippet",
    metavar="NAME",
    help="A snippet of the configuration; PROMPT begins with its values, as in tone=kind.",
    shell_complete=completing("snippets"),
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=completing("generation"),
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
    type=click.Path(),
    metavar="FILE",
    help="A text file, or the text of a PDF, before the prompt; may be given several times.",
)
@click.option(
    "--attach",
    "attachments",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="A picture, a PDF or a text file as it is; may be given several times.",
)
@click.option("--over-budget", is_flag=True, help="Send it even if that passes the budget.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print events as they come, as JSON lines.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing of it.")
@click.option("--curl", is_flag=True, help="With --dry-run: as a command for curl, keyless.")
@click.option("--no-stdin", is_flag=True, help="Do not read standard input.")
@click.option("--no-store", is_flag=True, help="Keep nothing of this on disk but what it cost.")
@file_options
@click.pass_context
def ask(
    context: click.Context,
    /,
    *,
    words: tuple[str, ...],
    snippet: str | None,
    files: tuple[str, ...],
    attachments: tuple[str, ...],
    over_budget: bool,
    dry_run: bool,
    curl: bool,
    no_stdin: bool,
    **planned: Any,
) -> None:
    """Ask once, and print the answer as it arrives.

    The prompt is PROMPT, or standard input, or both: then the input follows the prompt.
    A picture or PDF on standard input is attached. The conversation is kept, like every other.
    For example:

    git diff | fakegpt-tui ask Review this

    With --snippet the words that are key=value fill in its variables, and all else is its input.

    With --continue or --conversation the prompt goes on with a conversation, by the service, model
    and settings of it, where no option says otherwise.
    """
    piped = b"" if no_stdin else _standard_input()
    from fakegpt_tui.cli.ask_prompt import read_prompt, snippet_prompt  # noqa: PLC0415 - not for --help

    settings = settings_of(context)
    plain, wrap = " ".join(words), None
    if snippet is not None:
        plain, wrap = snippet_prompt(settings.snippets_folder, snippet, words)
    prompt = read_prompt(plain, piped, files, attachments, wrap)
    from fakegpt_tui.cli.ask_runner import ask_once, show_request  # noqa: PLC0415 - asyncio, not for --help

    if over_budget:
        settings = replace(settings, monthly_budget=None)
    planned["no_store"] |= context.meta.get(TEMPORARY, False)
    plan = _plan(settings, **planned)
    if dry_run:
        show_request(settings, prompt, plan, as_curl=curl)
        return
    if curl:
        raise click.UsageError("--curl goes with --dry-run.")
    context.exit(ask_once(settings, prompt, plan))


def _plan(
    settings: Settings,
    *,
    newest: bool,
    conversation: str | None,
    folder: str | None,
    title: str | None,
    as_json: bool,
    as_lines: bool,
    no_store: bool,
    preset: str | None,
    system: str | None,
    **generation: Any,
) -> AskPlan:
    """The plan that the options make."""
    from fakegpt_tui.cli.ask_prompt import AskOutput, AskPlan  # noqa: PLC0415 - not for --help

    if as_json and as_lines:
        raise click.UsageError("Choose one of --json and --jsonl.")
    if newest and conversation is not None:
        raise click.UsageError("Choose one of --continue and --conversation.")
    if (conversation is not None and not conversation.strip()) or (title and not title.strip()):
        raise click.UsageError("Give a conversation, or a title, that says something.")
    if folder is not None and (newest or conversation is not None or no_store):
        raise click.UsageError("--folder goes with a new conversation that is kept.")
    found = None if preset is None else _preset(settings, preset)
    return AskPlan(
        continues="" if newest else conversation,
        folder=folder or "",
        title=title or "",
        system_prompt=found.system_prompt if system is None and found else system,
        generation=_generation(found or Preset(""), **generation),
        is_kept=not no_store,
        output=AskOutput.JSON if as_json else AskOutput.LINES if as_lines else AskOutput.TEXT,
    )


def _preset(settings: Settings, name: str) -> Preset:
    found = settings.presets.get(name)
    if found is None:
        known = ", ".join(settings.presets) or "none in the configuration"
        raise click.UsageError(f"There is no preset {name!r}; there is {known}.")
    return found


def _generation(
    preset: Preset, *, assignments: tuple[str, ...], schema: str | None
) -> GenerationSettings:
    """The settings of the preset, with what the other options set over them."""
    from fakegpt_tui.domain.generation import merge_settings, parse_assignment  # noqa: PLC0415
    from fakegpt_tui.domain.setting_kinds import InvalidSetting  # noqa: PLC0415 - as above

    generation = preset.generation
    texts = [f"schema={Path(schema).read_text(encoding='utf-8-sig')}"] if schema else []
    for text in (*texts, *assignments):
        try:
            generation = merge_settings(generation, parse_assignment(text))
        except InvalidSetting as error:
            option = "--schema" if texts and text is texts[0] else "--set"
            raise click.UsageError(f"{option} takes {error}.") from error
    return generation


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
