"""`status`: which service is chosen, and whether its token is usable."""

import json
from datetime import datetime

import click

from fakegpt_tui.cli.exits import ExitCode
from fakegpt_tui.cli.options import file_options, service_option, settings_of
from fakegpt_tui.config.settings import Settings
from fakegpt_tui.domain import Service, ServiceKind, Session, now


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
    service = settings.answering(settings.chosen_service)
    session = _kept_session(settings, service)
    usable = service.kind is not ServiceKind.FAKEGPT or _is_good(session)
    if as_json:
        click.echo(json.dumps(_document(service, session, usable=usable), indent=2))
    else:
        click.echo(f"{service.name}: {_sentence(service, session)}")
    context.exit(ExitCode.DONE if usable else ExitCode.NOT_SIGNED_IN)


def _kept_session(settings: Settings, service: Service) -> Session | None:
    if service.kind is not ServiceKind.FAKEGPT:
        return None
    from fakegpt_tui.session.file import SessionFile  # noqa: PLC0415 - httpx, not for --help
    from fakegpt_tui.transport.addresses import service_address  # noqa: PLC0415

    return SessionFile(settings.session_file).load(service_address(service).text)


def _is_good(session: Session | None) -> bool:
    return session is not None and (session.expires_at is None or session.expires_at > now())


def _sentence(service: Service, session: Session | None) -> str:
    if service.kind is ServiceKind.EMBEDDED:
        return "the embedded host, which starts and signs in with every run."
    where = f"{service.url}, "
    if service.kind is ServiceKind.OPENAI:
        return f"{where}which needs no signing in."
    if session is None:
        return f"{where}signed out."
    if session.expires_at is None:
        return f"{where}signed in, nothing tells for how long."
    time = session.expires_at.astimezone().strftime("%Y-%m-%d %H:%M")
    if session.expires_at <= now():
        return f"{where}the token expired at {time}."
    return f"{where}signed in until {time} ({_time_left(session.expires_at)} left)."


def _time_left(until: datetime) -> str:
    left = until - now()
    hours, seconds = divmod(left.seconds, 3600)
    if left.days:
        return f"{left.days} d {hours} h"
    return f"{hours} h {seconds // 60} min"


def _document(service: Service, session: Session | None, *, usable: bool) -> dict[str, object]:
    expires_at = session.expires_at if session else None
    return {
        "version": 1,
        "service": service.name,
        "kind": service.kind.value,
        "url": service.url,
        "signed_in": session is not None and usable,
        "usable": usable,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
