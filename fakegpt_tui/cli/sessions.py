"""What is known of being signed in to a service, without asking it."""

from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import Service, ServiceKind, Session, now
from fakegpt_tui.text import safe_line

_MAX_ACCOUNT = 80


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
    """Keep nothing of being signed in to `service`.

    Raises:
        ConfigError: The address of the service cannot be used.
        SaveError: It is still there.
    """
    from fakegpt_tui.http.addresses import service_address  # noqa: PLC0415
    from fakegpt_tui.login.storage import SessionFile  # noqa: PLC0415 - httpx, not for --help

    SessionFile(settings.session_file).delete(service_address(service).text)


def is_valid(session: Session | None) -> bool:
    """Would a service accept the token, as far as anyone knows?"""
    return session is not None and (session.expires_at is None or session.expires_at > now())


def describe_session(service: Service, session: Session | None) -> str:
    """One line about `service` for a person, with nothing secret in it."""
    return f"{service.name}: {_sentence(service, session)}"


def _sentence(service: Service, session: Session | None) -> str:
    if service.kind is ServiceKind.EMBEDDED:
        return "the embedded host, which starts and signs in with every run."
    where = f"{service.url}, "
    if service.kind.is_api:
        return f"{where}which needs no signing in."
    if session is None:
        return f"{where}signed out."
    who = f"{where}signed in to account {safe_line(session.account, _MAX_ACCOUNT)}"
    if session.expires_at is None:
        return f"{who}, nothing tells for how long."
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
