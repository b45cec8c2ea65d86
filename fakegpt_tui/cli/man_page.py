"""`man`: the manual page, made of the declarations of all commands and options."""

import os
import re
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from fakegpt_tui import __version__
from fakegpt_tui.cli.options import json_option
from fakegpt_tui.cli.output import PROGRAM, ExitCode, echo_json

_STATUS = {
    ExitCode.DONE: "Done.",
    ExitCode.FAILURE: "Failure.",
    ExitCode.USAGE: "Wrong usage, or a configuration that cannot be used.",
    ExitCode.NOT_SIGNED_IN: "Not signed in.",
    ExitCode.UNAVAILABLE: "Network or service unavailable.",
    ExitCode.RATE_LIMITED: "Rate limited.",
    ExitCode.NOT_FOUND: "Not found.",
    ExitCode.CANCELLED: "Cancelled with ctrl+c.",
}
_ENVIRONMENT = (
    "Each setting of the configuration file has a variable, whose name is FAKEGPT_ and that of the"
    " setting in capitals: FAKEGPT_MODEL, FAKEGPT_DATA_DIR. Options win over variables, and these"
    " over the file. NO_COLOR turns colours off, and ACCESSIBLE=1 chats line by line."
)
_FILES = (
    f"`{PROGRAM} paths` tells where all files are, and `{PROGRAM} config show` what each setting is"
    " and where it comes from."
)
_WIDTH = 78
"""Of a line of the source; longer ones are bad style."""
_COMMON = {"--config", "--data-dir", "--log", "--help"}
"""Options that every command takes, and that are told once, with those of the program."""


@click.command()
@json_option
@click.pass_context
def man(context: click.Context, *, as_json: bool) -> None:
    """Print the manual page, for `fakegpt-tui man | man -l -` or a file that man finds."""
    page = manual_page(context.find_root().command)
    if as_json:
        echo_json({"version": 1, "page": page})
    else:
        click.echo(page, nl=False)


def manual_page(program: click.Command) -> str:
    """The page of a program and all its commands, in the macros of man(7)."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: click.Command) -> Iterator[str]:
    context = click.Context(program, info_name=PROGRAM, **program.context_settings)
    yield f'.TH {PROGRAM.upper()} 1 "{_date()}" "{PROGRAM} {__version__}" "User Commands"'
    yield from (".SH NAME", f"{_escape(PROGRAM)} \\- {_purpose(program)}")
    yield from (".SH SYNOPSIS", f".B {_escape(PROGRAM)}", _escape(_usage(program, context)))
    yield ".SH DESCRIPTION"
    yield from _description(program)
    yield ".SH OPTIONS"
    yield from _options(program, context)
    yield ".SH COMMANDS"
    yield from _commands(program, context)
    yield ".SH EXIT STATUS"
    for code in ExitCode:
        yield from (".TP", f".B {code.value}", _text(_STATUS[code]))
    yield from (".SH ENVIRONMENT", _text(_ENVIRONMENT), ".SH FILES", _text(_FILES))


def _commands(group: click.Command, context: click.Context) -> Iterator[str]:
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)
            continue
        yield f'.SS "{_escape(inner.command_path)} {_escape(_usage(command, inner))}"'
        yield from _description(command)
        yield from _options(command, inner)


def _purpose(program: click.Command) -> str:
    sentence = _sentences(program)[0].rstrip(".")
    return _escape(sentence[:1].lower() + sentence[1:])


def _usage(command: click.Command, context: click.Context) -> str:
    return " ".join(command.collect_usage_pieces(context))


def _description(command: click.Command) -> Iterator[str]:
    for number, paragraph in enumerate(_sentences(command)):
        yield from ([".PP"] if number else [])
        yield _text(paragraph)


def _sentences(command: click.Command) -> list[str]:
    """The paragraphs of what a command says of itself."""
    text = re.sub(r"^[ \t]+", "", command.help or "", flags=re.MULTILINE)
    return [" ".join(each.split()) for each in text.split("\n\n") if each.strip()] or [""]


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        is_told_before = context.parent is not None and not _COMMON.isdisjoint(parameter.opts)
        if record is not None and record[1] and not is_told_before:
            names, about = record
            yield from (".TP", f".B {_escape(names)}", _text(about))


def _date() -> str:
    """Today, or the day that a build says in SOURCE_DATE_EPOCH, so that it can be repeated."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _text(text: str) -> str:
    """Text in short lines, of which none begins a macro."""
    lines = textwrap.wrap(_escape(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line[0] in {".", "'"} else line for line in lines)


def _escape(text: str) -> str:
    """Text in which backslashes, hyphens, quotes and what is not ASCII are themselves."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return re.sub(r"[^\x00-\x7f]", lambda match: f"\\[u{ord(match[0]):04X}]", plain)
