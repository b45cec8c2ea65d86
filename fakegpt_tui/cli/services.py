"""`login`, `logout`, `status`, `models`: what a service knows of this person, and offers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, closing
from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.options import file_options, json_option, service_option, settings_of
from fakegpt_tui.cli.output import ExitCode, echo_err, echo_json
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import (
    LoginState,
    Model,
    SaveError,
    Service,
    ServiceKind,
    Session,
    SigningIn,
    now,
)
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.connections import Connection

_MAX_ACCOUNT = 80


@click.command()
@click.option("--again", is_flag=True, help="Forget the session there is, and its account, first.")
@service_option
@json_option
@file_options
@click.pass_context
def login(context: click.Context, *, again: bool, as_json: bool) -> None:
    """Sign in to the chosen service, or its upstream, unless already signed in.

    Prints what `status` prints. The exit code is 3 when the service refuses.
    """
    settings = settings_of(context)
    service = settings.upstream_of(settings.chosen_service)
    if service.kind.has_accounts:
        import asyncio  # noqa: PLC0415 - not for --help

        if again:
            forget_session(settings, service)
        if service.notice:
            echo_err(service.notice)
        asyncio.run(_sign_in(settings, service))
        if stored_session(settings, service) is None:
            raise SaveError(f"The session could not be kept in {settings.session_file}.")
    _print_status(service, stored_session(settings, service), as_json=as_json)


@click.command()
@service_option
@json_option
@file_options
@click.pass_context
def logout(context: click.Context, *, as_json: bool) -> None:
    """Forget the token, the cookies, the account and the password of the chosen service.

    Nothing is sent: the protocol knows no way to end a session before its time.
    """
    settings = settings_of(context)
    service = settings.upstream_of(settings.chosen_service)
    if service.kind.has_accounts:
        forget_session(settings, service)
    _print_status(service, None, as_json=as_json)


@click.command()
@service_option
@json_option
@file_options
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Show the chosen service, or its upstream, and how long its token is good.

    Nothing is sent. The exit code is 3 when there is no usable token.
    """
    settings = settings_of(context)
    service = settings.upstream_of(settings.chosen_service)
    session = stored_session(settings, service)
    _print_status(service, session, as_json=as_json)
    context.exit(ExitCode.DONE if _is_usable(service, session) else ExitCode.NOT_SIGNED_IN)


def _is_usable(service: Service, session: Session | None) -> bool:
    return not service.kind.has_accounts or is_valid(session)


def _print_status(service: Service, session: Session | None, *, as_json: bool) -> None:
    if as_json:
        echo_json(_status_document(service, session))
    else:
        click.echo(describe_session(service, session))


def _status_document(service: Service, session: Session | None) -> dict[str, object]:
    usable = _is_usable(service, session)
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


def stored_session(settings: Settings, service: Service) -> Session | None:
    """The session that the next start would use; services without a login have none.

    Raises:
        ConfigError: The address of the service cannot be used.
    """
    if not service.kind.has_accounts:
        return None
    from fakegpt_tui.http.addresses import service_address  # noqa: PLC0415
    from fakegpt_tui.login.storage import SessionFile  # noqa: PLC0415 - httpx, not for --help

    return SessionFile(settings.session_file).peek(service_address(service).text)


def forget_session(settings: Settings, service: Service) -> None:
    """Delete the session with `service`.

    Raises:
        ConfigError: The address of the service cannot be used.
        SaveError: It could not be deleted.
    """
    from fakegpt_tui.http.addresses import service_address  # noqa: PLC0415
    from fakegpt_tui.login.storage import SessionFile  # noqa: PLC0415 - httpx, not for --help

    SessionFile(settings.session_file).delete(service_address(service).text)


def is_valid(session: Session | None) -> bool:
    """Is there a token that is not known to have expired?"""
    return session is not None and (session.expires_at is None or session.expires_at > now())


def describe_session(service: Service, session: Session | None) -> str:
    """One line about `service`, without anything secret."""
    return f"{service.name}: {_sentence(service, session)}"


def _sentence(service: Service, session: Session | None) -> str:
    if service.kind is ServiceKind.EMBEDDED:
        return "the embedded host, which starts and signs in with every run."
    where = f"{service.url}, "
    if service.kind.is_api:
        return f"{where}which needs no login."
    if session is None:
        return f"{where}signed out."
    who = f"{where}signed in to account {safe_line(session.account, _MAX_ACCOUNT)}"
    if session.expires_at is None:
        return f"{who}, for an unknown time."
    time = session.expires_at.astimezone().strftime("%Y-%m-%d %H:%M")
    if not is_valid(session):
        return f"{who}, whose token expired at {time}."
    return f"{who} until {time} ({_time_left(session)} left)."


def _time_left(session: Session) -> str:
    left = (session.expires_at or now()) - now()
    hours, seconds = divmod(left.seconds, 3600)
    if left.days:
        return f"{left.days} d {hours} h"
    return f"{hours} h {seconds // 60} min"


_LONGEST = 200
_FIELDS = ("id", "title", "description", "window", "size", "family")


@click.command()
@service_option
@json_option
@file_options
@click.pass_context
def models(context: click.Context, *, as_json: bool) -> None:
    """List the models of the chosen service, the default one first, signing in if need be."""
    import asyncio  # noqa: PLC0415 - not for --help

    settings = settings_of(context)
    service = settings.chosen_service
    if service.notice:
        echo_err(service.notice)
    found = asyncio.run(_list_models(settings, service))
    if as_json:
        document = {
            "version": 1,
            "service": service.name,
            "models": [{name: getattr(model, name) for name in _FIELDS} for model in found],
        }
        echo_json(document)
        return
    if not found:
        echo_err("The service names no models.")
    width = max((len(_id(model)) for model in found), default=0)
    for model in found:
        click.echo(f"{_id(model):{width}}  {_about(model)}".rstrip())


def _id(model: Model) -> str:
    return safe_line(model.id, _LONGEST)


def _about(model: Model) -> str:
    title = "" if model.title == model.id else model.title
    window = f"{model.window:,} tokens" if model.window else ""
    facts = ", ".join(fact for fact in (window, model.size, model.family) if fact)
    texts = (title, model.description, facts)
    return " — ".join(safe_line(text, _LONGEST) for text in texts if text)


@asynccontextmanager
async def _connected(
    settings: Settings, service: Service, report: Callable[[LoginState], None]
) -> AsyncIterator[Connection]:
    from fakegpt_tui.cli.app import ConnectionFactory  # noqa: PLC0415 - asyncio, not for --help

    with closing(ConnectionFactory(settings)) as connector:
        connection = await connector.connect(service, report)
        async with aclosing(connection.backend):
            yield connection


async def _sign_in(settings: Settings, service: Service) -> None:
    """Sign in to `service` unless that is done already, and print each step.

    Raises:
        FakeGPTError: The login failed.
    """
    async with _connected(settings, service, _print_step) as connection:
        if connection.login is not None:
            await connection.login.sign_in()


def _print_step(state: LoginState) -> None:
    if isinstance(state, SigningIn):
        echo_err(f"Step {state.step} of {state.of}: {state.what} …")


async def _list_models(settings: Settings, service: Service) -> tuple[Model, ...]:
    """The models of `service`, the default one first.

    Raises:
        FakeGPTError: The service did not list them.
    """
    async with _connected(settings, service, lambda _state: None) as connection:
        return await connection.backend.models()
