"""`status`: which service is chosen, and whether its token is usable."""

import json

import click

from fakegpt_tui.cli.errors import ExitCode
from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.cli.sessions import describe_session, is_valid, stored_session
from fakegpt_tui.domain import Service, Session


@click.command()
@service_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@file_options
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Show the chosen service, or its upstream, and how long its token is good.

    Nothing is sent. The exit code is 3 when there is no usable token.
    """
    settings = settings_of(context)
    service = settings.upstream_of(settings.chosen_service)
    session = stored_session(settings, service)
    usable = not service.kind.has_accounts or is_valid(session)
    if as_json:
        click.echo(json.dumps(_document(service, session, usable=usable), indent=2))
    else:
        click.echo(describe_session(service, session))
    context.exit(ExitCode.DONE if usable else ExitCode.NOT_SIGNED_IN)


def _document(service: Service, session: Session | None, *, usable: bool) -> dict[str, object]:
    expires_at = session.expires_at if session else None
    return {
        "version": 1,
        "service": service.name,
        "kind": service.kind.value,
        "url": service.url,
        "account": session.account if session else None,
        "signed_in": session is not None and usable,
        "usable": usable,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
