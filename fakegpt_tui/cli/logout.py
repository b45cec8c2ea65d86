"""`logout`: forget the session of a service."""

import click

from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.cli.sessions import describe_session, forget_session


@click.command()
@service_option
@file_options
@click.pass_context
def logout(context: click.Context) -> None:
    """Forget the token, the cookies, the account and the password of the chosen service.

    Nothing is sent: the protocol knows no way to end a session before its time.
    """
    settings = settings_of(context)
    service = settings.upstream_of(settings.chosen_service)
    if service.kind.has_accounts:
        forget_session(settings, service)
    click.echo(describe_session(service, None))
