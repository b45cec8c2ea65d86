"""Account login: try shared accounts, the least used first."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from fakegpt_tui.domain import LoginRefused, Secret, Session
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.steps import AccountRefused, LoginClient, LoginPolicy, ReportStep
from fakegpt_tui.protocol import fakegpt


class AccountLogin:
    """Tries accounts, the least used first, until one yields a token."""

    def __init__(
        self, transport: Transport, *, policy: LoginPolicy | None = None, accounts: int = 3
    ) -> None:
        """At most `accounts` of them are tried."""
        self._transport = transport
        self._policy = policy or LoginPolicy()
        self._accounts = accounts

    async def sign_in(
        self,
        report: ReportStep,
        *,
        first: Session | None = None,
        last: str = "",
        dead: Secret | None = None,
    ) -> Session:
        """Sign in.

        Args:
            report: Called with each step as it begins.
            first: Its account and password are tried before any other.
            last: An account to try only after all others.
            dead: A token that was refused; an account that hands it out again is skipped.

        Raises:
            LoginRefused: Every account was refused.
            ServiceError: Another error.
        """
        refusals: list[AccountRefused] = []
        async with self._transport.client() as client:
            steps = LoginClient(self._transport, client, report, self._policy)
            async with aclosing(self._candidates(steps, first, last)) as candidates:
                async for account, password in candidates:
                    try:
                        return _require_new_token(await steps.log_in(account, password), dead)
                    except AccountRefused as error:
                        refusals.append(error)
                    if len(refusals) == self._accounts:
                        break
        raise LoginRefused(
            f"The service at {self._transport.route} refused the login: {refusals[-1]}"
        ) from refusals[-1]

    async def _candidates(
        self, steps: LoginClient, first: Session | None, last: str
    ) -> AsyncGenerator[tuple[str, Secret]]:
        if first:
            yield first.account, first.password
            last = first.account
        random = self._policy.retries.random
        for load in sorted(await steps.list_accounts(), key=_rank(last, random)):
            yield load.token_id, Secret(fakegpt.generate_password())


def _rank(
    last: str, random: Callable[[], float]
) -> Callable[[fakegpt.SharedAccount], tuple[bool, int, float]]:
    """A sort key: least used first, and equals at random, so that clients spread out."""
    return lambda load: (load.token_id == last, load.count, random())


def _require_new_token(session: Session, dead: Secret | None) -> Session:
    if dead is not None and session.token == dead:
        raise AccountRefused("It hands out a token that it does not accept.")
    return session
