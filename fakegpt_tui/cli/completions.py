"""`completions`: what a shell needs to complete this program's commands and options."""

import click

from fakegpt_tui.cli.errors import PROGRAM

_VARIABLE = "_FAKEGPT_TUI_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completions(context: click.Context, *, shell: str) -> None:
    """Print a script that teaches SHELL to complete this program's commands and options.

    For bash add to ~/.bashrc: eval "$(fakegpt-tui completions bash)"
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - not for --help

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(context.find_root().command, {}, PROGRAM, _VARIABLE).source())
