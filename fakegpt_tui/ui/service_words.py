"""Services and models in a few words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from fakegpt_tui.domain import (
    ConnectionCheck,
    LoginState,
    Model,
    NoLogin,
    RateLimitStatus,
    Service,
    ServiceKind,
    SignedOut,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.status_bar import login_label

_THOUSAND = 1000
_BINARY = 1024
_MAX_SENTENCE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """What is known of how a service is: its login, its limit, and how asking for models ended."""

    login: LoginState
    limit: RateLimitStatus | None = None
    has_models: bool = False
    error: str = ""


def status_label(service: Service, standing: ServiceStatus, now: datetime) -> str:
    """Whether a service can be asked, as far as that is known at the time `now`."""
    login, limit = standing.login, standing.limit
    if limit is not None:
        until = limit.until and limit.until.astimezone(now.tzinfo)
        return f"limited until {until:%H:%M}" if until else "limited"
    if service.kind is ServiceKind.OPENAI and isinstance(login, SignedOut | NoLogin):
        if standing.error:
            return f"trouble: {standing.error}"
        return "ready" if standing.has_models else "not asked yet"
    return login_label(login, now)[0]


def model_label(model: Model) -> str:
    """What is known of a model, but for its name."""
    window = f"{short_count(model.window)} window" if model.window else ""
    return " · ".join(_unique(part for part in (window, model.size, model.family) if part))


def check_step_line(step: ConnectionCheck) -> Content:
    """A step of a trial on a line, with a sign for how it went."""
    return Content.assemble(
        ("✓ ", "$text-success") if step.worked else ("✗ ", "$text-error"),
        safe_line(step.sentence, _MAX_SENTENCE),
    )


def short_count(number: int) -> str:
    """A number of tokens as people say it: `8k` for 8,192, `200k` for 200,000, `1M`."""
    unit = _BINARY if number % _BINARY == 0 else _THOUSAND
    if number < unit:
        return str(number)
    thousands = round(number / unit)
    return f"{thousands}k" if thousands < unit else f"{thousands / unit:.3g}M"


def _unique(parts: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(parts)
