"""`ask`: one prompt, its answer on standard output."""

import sys
from threading import Timer

import click

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.cli.options import file_options, service_options, settings_of

_SILENT_SECONDS = 1.0
_WAITING = (
    "Waiting for the end of standard input, which belongs to the prompt. --no-stdin, or "
    "</dev/null, leaves it out."
)


@click.command()
@click.argument("words", nargs=-1, metavar="[PROMPT]...")
@service_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
@click.option("--no-stdin", is_flag=True, help="Do not read standard input.")
@click.option("--no-store", is_flag=True, help="Keep nothing of this on disk.")
@file_options
@click.pass_context
def ask(
    context: click.Context, *, words: tuple[str, ...], as_json: bool, no_stdin: bool, no_store: bool
) -> None:
    """Ask once, and print the answer as it arrives.

    The prompt is PROMPT, or standard input, or both: then the input follows the prompt.
    The conversation is kept, like every other. For example:

    git diff | fakegpt-tui ask Review this
    """
    prompt = _prompt(" ".join(words), "" if no_stdin else _standard_input())
    settings = settings_of(context)
    from fakegpt_tui.cli.ask_runner import ask_once  # noqa: PLC0415 - asyncio, not for --help

    context.exit(ask_once(settings, prompt, as_json=as_json, keep=not no_store))


def _prompt(words: str, piped: str) -> str:
    prompt = "\n\n".join(part for part in (words.strip(), piped.strip("\r\n")) if part.strip())
    if not prompt:
        raise click.UsageError("There is no prompt, neither as arguments nor on standard input.")
    return prompt


def _standard_input() -> str:
    """All of standard input, if that is no terminal; says so where it does not end soon."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    notice = Timer(_SILENT_SECONDS, echo_err, [_WAITING])
    notice.daemon = True
    notice.start()
    try:
        return sys.stdin.buffer.read().decode(errors="replace")
    finally:
        notice.cancel()
