"""Login actions: what can be done about a login, and doing it."""

from enum import StrEnum

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    KeyNeeded,
    LoginState,
    NoLogin,
    Service,
    SignedIn,
    SigningIn,
)
from fakegpt_tui.ui.choices import Choice


class AuthAction(StrEnum):
    """What to do about being signed in."""

    SIGN_IN = "in"
    """Be signed in, however that is so."""

    SIGN_IN_AGAIN = "again"
    SWITCH_ACCOUNT = "elsewhere"
    SIGN_OUT = "out"


_IN = Choice(AuthAction.SIGN_IN, "Sign in", "with the account of last time, if there was one")
_AGAIN = Choice(AuthAction.SIGN_IN_AGAIN, "Sign in again", "with the same account, for a new token")
_ELSEWHERE = Choice(AuthAction.SWITCH_ACCOUNT, "Another account", "if the service has more of them")
_OUT = Choice(AuthAction.SIGN_OUT, "Sign out", "and forget the token, here and on disk")
_GIVE_UP = Choice(AuthAction.SIGN_OUT, "Sign out", "and give up the login that is under way")


def unsupported_reason(service: Service, state: LoginState) -> str:
    """Why nobody can sign in to `service`, in a sentence; empty where that can be done."""
    if isinstance(state, KeyNeeded):
        return f"{service.name} wants a key instead of a login: /edit-service takes one."
    if isinstance(state, NoLogin) or service.kind.is_api:
        return f"{service.name} needs no signing in: whoever has its address, and its key, may ask."
    return ""


def has_accounts(service: Service) -> bool:
    """Can there be several accounts to sign in with?"""
    return service.kind.has_accounts


def available_actions(service: Service, state: LoginState) -> tuple[Choice, ...]:
    """What can be done about being signed in to `service`, the likeliest first."""
    other = (_ELSEWHERE,) if has_accounts(service) else ()
    match state:
        case SigningIn():
            return (_GIVE_UP,)
        case SignedIn():
            return (_AGAIN, *other, _OUT)
        case _:
            return (_IN, *other, _OUT)


async def perform(chat: ChatService, service: str, wish: AuthAction) -> str:
    """Do as a person wishes, and what to tell them, if the status bar does not tell it all.

    Raises:
        FakeGPTError: It could not be done.
    """
    match wish:
        case AuthAction.SIGN_IN:
            await chat.sign_in(service)
            return ""
        case AuthAction.SIGN_IN_AGAIN:
            await chat.sign_in_again(service)
            return f"Signed in to {service} again."
        case AuthAction.SWITCH_ACCOUNT:
            before = chat.account(service)
            await chat.sign_in_again(service, elsewhere=True)
            if chat.account(service) == before:
                return f"Signed in to {service} again: it has no other account that would do."
            return f"Signed in to {service} with another account."
        case AuthAction.SIGN_OUT:
            await chat.sign_out(service)
            return f"Signed out of {service}: its token is forgotten. The next prompt signs in."
