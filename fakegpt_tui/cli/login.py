"""`login`: sign in now, so that the next prompt need not."""

import click

from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.cli.sessions import describe_session, forget_session, stored_session
from fakegpt_tui.domain import SaveError


@click.command()
@click.option("--again", is_flag=True, help="Forget the session there is, and its account, first.")
@service_option
@file_options
@click.pass_context
def login(context: click.Context, *, again: bool) -> None:
    """Sign in to the chosen service, or its upstream, unless that is so already.

    Prints what `status` prints. The exit code is 3 when the service refuses.
    """
    settings = settings_of(context)
    service = settings.upstream_of(settings.chosen_service)
    if service.kind.has_accounts:
        from fakegpt_tui.cli.one_shot import sign_in  # noqa: PLC0415 - asyncio, not for --help

        if again:
            forget_session(settings, service)
        if service.notice:
            echo_err(service.notice)
        sign_in(settings, service)
        if stored_session(settings, service) is None:
            raise SaveError(f"The session could not be kept in {settings.session_file}.")
    click.echo(describe_session(service, stored_session(settings, service)))
