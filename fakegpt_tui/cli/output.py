"""Standard output: JSON documents and paths, safe for a terminal and exact for programs."""

import json
import os
import sys
from pathlib import Path

import click

from fakegpt_tui.text import safe_text

_DELETE = "\x7f"


def echo_json(document: object) -> None:
    """Print `document` as JSON; what a terminal or a reader of lines would act on is escaped."""
    click.echo(_escaped(json.dumps(document, ensure_ascii=False, indent=2)))


def echo_json_line(document: object) -> None:
    """Print `document` as `echo_json` does, in one line."""
    click.echo(_escaped(json.dumps(document, ensure_ascii=False)))


def _escaped(text: str) -> str:
    if not text.isascii() or _DELETE in text:
        is_unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
        shown = {sign for sign in text if (is_unicode or sign.isascii()) and sign.isprintable()}
        text = text.translate({ord(sign): _escape(sign) for sign in {*text} - shown - {"\n"}})
    return text


def _escape(sign: str) -> str:
    return "\\u007f" if sign == _DELETE else json.dumps(sign)[1:-1]


def echo_path(path: Path, before: str = "", after: str = "") -> None:
    """Print a path between two texts: byte by byte for programs, and made safe for a terminal."""
    if os.isatty(1):
        click.echo(f"{before}{safe_text(str(path))}{after}".replace("\n", "␊"))
    else:
        click.echo(before.encode() + os.fsencode(path) + after.encode())


def echo_progress(line: str | Path) -> None:
    """Print a line, or a path, about work that goes on also when its reader has gone, as `head`."""
    try:
        if isinstance(line, Path):
            echo_path(line)
        else:
            click.echo(line)
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Send standard output nowhere; Python would try to write what is left at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
