"""Account bodies: shared accounts, password, session, status, limits, and the list of models."""

import secrets
import string
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from fakegpt_tui.domain import BadReply, LoginRefused, Model, Secret
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.protocol.error_body import (
    VALUES_OF_A_LIST,
    parse_error_body,
    parse_json,
    unexpected_body,
)
from fakegpt_tui.text import replace_surrogates

_NO_CAP = 1_000_000
"""Messages per window: clients count down from it, so it must be a number."""


def account_body(account: str) -> dict[str, object]:
    """The body of `GET /api/accounts/check/…`: one account, and no subscription."""
    details = {
        "account": {
            "account_id": account,
            "account_user_role": "account-owner",
            "structure": "personal",
            "is_deactivated": False,
        },
        "features": [],
        "entitlement": {
            "subscription_id": None,
            "has_active_subscription": False,
            "subscription_plan": "chatgptfreeplan",
            "expires_at": None,
        },
    }
    return {"accounts": {"default": details}, "account_ordering": ["default"]}


def limit_body() -> dict[str, object]:
    """The body of `GET /api/conversation_limit`: no limit."""
    notice = "This host does not limit how much you ask."
    return {
        "message_cap": _NO_CAP,
        "message_cap_window": 180,
        "message_disclaimer": {"textarea": notice, "model-switcher": notice},
    }


_PASSWORD_LENGTH: Final = 14
"""Some services require eight at least; others cut at sixteen."""

_HEADER_SAFE = lazy_pattern(r"[!-~]{1,16000}")
"""Tokens that can be sent in a header."""

_JWT_PARTS = 3


@dataclass(frozen=True, slots=True)
class SharedAccount:
    """A shared account and how many use it at the moment."""

    token_id: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class SessionResponse:
    """The session after a login. `expires_at` is `None` if unknown."""

    token: Secret
    expires_at: datetime | None


def read_shared_accounts(body: bytes) -> list[SharedAccount]:
    """The accounts that a service shares, in its order, each once.

    Raises:
        LoginRefused: There are none.
        BadReply: The body is not a list of accounts.
    """
    match parse_json(body, VALUES_OF_A_LIST):
        case {"loads": []}:
            raise LoginRefused("The service has no shared accounts to sign in with.")
        case {"loads": list(items)}:
            loads = {load.token_id: load for load in _shared_accounts(items)}
        case _:
            loads = {}
    if not loads:
        raise unexpected_body(body, "a list of accounts")
    return list(loads.values())


def read_session(body: bytes) -> SessionResponse:
    """Read the session after a login.

    Raises:
        LoginRefused: The service says that no one is signed in.
        BadReply: The body is not a session, or its token cannot be sent.
    """
    match parse_json(body):
        case {"accessToken": str(token), **session} if token:
            if not _HEADER_SAFE.fullmatch(token):
                raise BadReply("The service gave a token that cannot be sent back to it.")
            return SessionResponse(
                Secret(token), token_expiry(token) or _parse_date(session.get("expires"))
            )
        case dict():
            lead = "The service did not sign this program in"
            raise LoginRefused(parse_error_body(body).sentence(lead))
        case _:
            raise unexpected_body(body, "a session")


def token_expiry(token: str) -> datetime | None:
    """The expiry date of a token, unverified; `None` if it has none."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    padding = "=" * (-len(parts[1]) % 4)
    try:
        payload = parse_json(b64decode(parts[1] + padding, altchars=b"-_", validate=True))
    except ValueError:
        return None
    match payload:
        case {"exp": bool()}:
            return None
        case {"exp": int() | float() as moment}:
            return _from_timestamp(moment)
        case _:
            return None


def generate_password() -> str:
    """Generate a session password, with the letter and the digit that services require."""
    alphabet = string.ascii_lowercase + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(_PASSWORD_LENGTH))
        if not (password.isalpha() or password.isdigit()):
            return password


def shared_accounts_body(loads: Iterable[SharedAccount]) -> dict[str, object]:
    """The body of `GET /api/loads`."""
    return {"loads": [{"token_id": load.token_id, "count": load.count} for load in loads]}


def session_body(token: Secret, expires_at: datetime, account: str) -> dict[str, object]:
    """The body of `GET /api/auth/session`; `account` is shown as the user's name."""
    user = {"id": account, "name": account, "email": account, "image": None, "picture": None}
    expires = expires_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return {
        "user": {**user, "groups": []},
        "expires": f"{expires}Z",
        "accessToken": token.reveal(),
        "authProvider": "auth0",
    }


def _shared_accounts(items: Iterable[object]) -> Iterator[SharedAccount]:
    seen = set()
    for item in items:
        match item:
            case {"token_id": str(token_id), **rest} if token_id and token_id not in seen:
                if token_id.isprintable():
                    seen.add(token_id)
                    yield SharedAccount(token_id, _count(rest.get("count")))
            case _:
                pass


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _parse_date(expires: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(expires))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_timestamp(moment: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_models(body: bytes) -> tuple[Model, ...]:
    """The models of `GET /api/models`, the default one first.

    Raises:
        BadReply: The body is not a list of models.
    """
    match parse_json(body, VALUES_OF_A_LIST):
        case {"models": list(items), **rest}:
            default = _default_model(rest.get("categories"))
            return tuple(sorted(_models(items), key=lambda model: model.id != default))
        case _:
            raise unexpected_body(body, "a list of models")


def models_body(models: Sequence[Model]) -> dict[str, object]:
    """The body of `GET /api/models`; the first model is the default."""
    categories = [
        {
            "category": "default",
            "human_category_name": model.title or model.id,
            "subscription_level": "free",
            "default_model": model.id,
        }
        for model in models[:1]
    ]
    return {"models": [_model_entry(model) for model in models], "categories": categories}


def _model_entry(model: Model) -> dict[str, object]:
    return {
        "slug": model.id,
        "max_tokens": 8191,
        "title": model.title or model.id,
        "description": model.description,
        "tags": [],
        "capabilities": {},
    }


def _models(items: Sequence[object]) -> Iterator[Model]:
    for item in items:
        match item:
            case {"slug": str(slug), **rest} if slug:
                title, description = _text(rest.get("title")), _text(rest.get("description"))
                yield Model(replace_surrogates(slug), title, description)
            case _:
                pass


def _text(value: object) -> str:
    return replace_surrogates(value) if isinstance(value, str) else ""


def _default_model(categories: object) -> str:
    match categories:
        case [{"default_model": str(slug)}, *_]:
            return slug
        case _:
            return ""
