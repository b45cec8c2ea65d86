"""One login for all callers, and a session that is used as long as it is valid."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakegpt_tui.domain import (
    Expired,
    LoginFailed,
    LoginRefused,
    LoginState,
    NotSignedIn,
    Offline,
    Secret,
    ServiceError,
    Session,
    SignedIn,
    SignedOut,
    SigningIn,
    Unreachable,
)
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.steps import ReportStep
from fakegpt_tui.login.storage import SessionFile, SessionStorage
from tests.patience import PATIENCE

BASE = "https://one.example"
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    first: str
    last: str
    dead: Secret | None


class FakeLogin:
    """Lets in with a new token each time, once `gate` is open."""

    def __init__(self, clock: "Clock") -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[Asked] = []
        self.errors: list[ServiceError] = []
        self.life: timedelta | None = DAY
        self._clock = clock

    async def sign_in(
        self, report: ReportStep, *, first: Session | None, last: str, dead: Secret | None
    ) -> Session:
        self.asked.append(Asked(first.account if first else "", last, dead))
        report(SigningIn(1, 3, "asking for accounts"))
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        return Session(
            base_url=BASE,
            token=Secret(f"token-{len(self.asked)}"),
            expires_at=self._clock() + self.life if self.life is not None else None,
            account=first.account if first else f"account-{len(self.asked)}",
            password=Secret("password-1"),
        )


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, time: timedelta) -> None:
        self.moment += time


class World:
    """A manager, and all it depends on."""

    def __init__(self, storage: SessionStorage | None = None) -> None:
        self.clock = Clock()
        self.login = FakeLogin(self.clock)
        self.states: list[LoginState] = []
        self.manager = SessionManager(
            self.login, BASE, storage=storage, on_change=self.states.append, clock=self.clock
        )

    @property
    def logins(self) -> int:
        return len(self.login.asked)

    async def login_began(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(isinstance(state, SigningIn) for state in self.states):
                await asyncio.sleep(0)


@pytest.fixture
def world() -> World:
    return World()


async def test_signing_in_is_reported_from_the_first_step_to_the_last(world: World) -> None:
    assert world.manager.state == SignedOut()
    session = await world.manager.sign_in()
    steps = [SigningIn(1, 3, "asking for accounts"), SignedIn(session.expires_at)]
    assert world.states == steps
    assert world.manager.state == steps[-1]


async def test_a_session_is_used_again(world: World) -> None:
    first = await world.manager.current()
    assert await world.manager.current() is first
    assert await world.manager.sign_in() is first
    assert world.logins == 1


async def test_many_who_ask_at_once_share_one_login(world: World) -> None:
    sessions = await asyncio.gather(*(world.manager.current() for _ in range(50)))
    assert len(set(sessions)) == world.logins == 1


async def test_a_waiter_that_is_cancelled_takes_nothing_from_the_others(world: World) -> None:
    world.login.gate.clear()
    waiters = [asyncio.create_task(world.manager.current()) for _ in range(3)]
    await world.login_began()
    waiters[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiters[0]
    world.login.gate.set()
    assert len({await waiters[1], await waiters[2]}) == 1
    assert world.logins == 1


async def test_a_login_whose_callers_were_all_cancelled_serves_the_next(world: World) -> None:
    world.login.gate.clear()
    waiter = asyncio.create_task(world.manager.current())
    await world.login_began()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    world.login.gate.set()
    await world.manager.current()
    assert world.logins == 1


async def test_a_failed_login_fails_all_and_is_tried_again_for_the_next(world: World) -> None:
    world.login.errors = [LoginRefused("No.")]
    outcomes = await asyncio.gather(
        *(world.manager.current() for _ in range(3)), return_exceptions=True
    )
    assert [str(outcome) for outcome in outcomes] == ["No."] * 3
    assert world.manager.state == LoginFailed("No.")
    await world.manager.current()
    assert world.logins == 2
    assert isinstance(world.manager.state, SignedIn)


async def test_a_service_out_of_reach_is_offline(world: World) -> None:
    world.login.errors = [Unreachable("No answer.")]
    with pytest.raises(Unreachable):
        await world.manager.current()
    assert world.manager.state == Offline("No answer.")


async def test_a_session_is_renewed_a_minute_before_its_end(world: World) -> None:
    first = await world.manager.current()
    world.clock.pass_by(DAY - timedelta(seconds=61))
    assert await world.manager.current() is first
    world.clock.pass_by(timedelta(seconds=1))
    second = await world.manager.current()
    assert second.token != first.token
    assert Expired() in world.states
    assert world.login.asked[-1].first == first.account


async def test_a_session_without_an_end_is_used_until_it_is_refused(world: World) -> None:
    world.login.life = None
    first = await world.manager.current()
    world.clock.pass_by(1000 * DAY)
    assert await world.manager.current() is first
    assert world.manager.state == SignedIn(None)


async def test_a_wrong_clock_does_not_prevent_the_login(world: World) -> None:
    world.login.life = -DAY
    first = await world.manager.current()
    assert await world.manager.current() is first
    assert world.logins == 1
    assert world.manager.state == SignedIn(None)


async def test_callers_refused_with_one_session_share_one_login(world: World) -> None:
    refused = await world.manager.current()
    renewed = await asyncio.gather(*(world.manager.renew(refused) for _ in range(20)))
    assert len({session.token for session in renewed}) == 1
    assert await world.manager.renew(refused) == renewed[0]
    assert world.logins == 2
    assert world.login.asked[-1].dead == refused.token


async def test_an_old_session_that_is_refused_keeps_its_account(world: World) -> None:
    refused = await world.manager.current()
    world.clock.pass_by(timedelta(hours=2))
    await world.manager.renew(refused)
    assert world.login.asked[-1].first == refused.account


async def test_a_fresh_session_that_is_refused_speaks_against_its_account(world: World) -> None:
    refused = await world.manager.current()
    await world.manager.renew(refused)
    assert world.login.asked[-1] == Asked("", refused.account, refused.token)


async def test_a_fresh_session_past_its_end_does_not(world: World) -> None:
    world.login.life = timedelta(seconds=90)
    refused = await world.manager.current()
    world.clock.pass_by(timedelta(seconds=91))
    await world.manager.renew(refused)
    assert world.login.asked[-1].first == refused.account


async def test_signing_out_ends_a_login_and_forgets(tmp_path: Path) -> None:
    world = World(SessionFile(tmp_path / "sessions.json"))
    await world.manager.current()
    await world.manager.sign_out()
    assert world.manager.state == SignedOut()
    assert SessionFile(tmp_path / "sessions.json").load(BASE) is None
    world.login.gate.clear()
    world.states.clear()
    waiter = asyncio.create_task(world.manager.current())
    await world.login_began()
    await world.manager.sign_out()
    with pytest.raises(NotSignedIn):
        await waiter
    assert world.manager.state == SignedOut()


async def test_a_session_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    before = World(SessionFile(path))
    session = await before.manager.current()
    after = World(SessionFile(path))
    assert await after.manager.current() == session
    assert after.logins == 0
    assert after.states == [SignedIn(session.expires_at)]


async def test_a_kept_session_that_ended_gives_its_account(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    session = await World(SessionFile(path)).manager.current()
    after = World(SessionFile(path))
    after.clock.pass_by(2 * DAY)
    await after.manager.current()
    assert after.states[0] == Expired()
    assert after.login.asked == [Asked(session.account, session.account, None)]


async def test_what_another_program_renewed_is_used(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    world = World(SessionFile(path))
    refused = await world.manager.current()
    SessionFile(path).save(replace(refused, token=Secret("token-of-another")))
    renewed = await world.manager.renew(refused)
    assert renewed.token == Secret("token-of-another")
    assert world.logins == 1


async def test_a_refused_session_is_not_taken_from_the_storage_again(tmp_path: Path) -> None:
    world = World(SessionFile(tmp_path / "sessions.json"))
    refused = await world.manager.current()
    renewed = await world.manager.renew(refused)
    assert renewed.token != refused.token
    assert SessionFile(tmp_path / "sessions.json").load(BASE) == renewed


async def test_a_session_that_cannot_be_kept_is_used_all_the_same(tmp_path: Path) -> None:
    blocker = tmp_path / "no folder"
    blocker.write_text("")
    world = World(SessionFile(blocker / "sessions.json"))
    await world.manager.current()
    assert isinstance(world.manager.state, SignedIn)


def test_a_manager_outlives_its_event_loop() -> None:
    clock = Clock()
    login = FakeLogin(clock)
    manager = SessionManager(login, BASE, clock=clock)

    async def give_up() -> None:
        login.gate = asyncio.Event()
        waiters = [asyncio.create_task(manager.current()) for _ in range(2)]
        await asyncio.sleep(0)
        waiters[0].cancel()

    async def sign_in() -> Session:
        login.gate.set()
        return (await asyncio.gather(manager.current(), manager.current()))[0]

    asyncio.run(give_up())
    assert asyncio.run(sign_in()).token == asyncio.run(sign_in()).token


async def test_signing_in_again_keeps_the_account_and_its_password(world: World) -> None:
    first = await world.manager.current()
    second = await world.manager.sign_in_again()
    assert (second.account, second.token == first.token) == (first.account, False)
    assert await world.manager.current() is second


async def test_until_another_login_has_worked_the_session_is_used_on(world: World) -> None:
    first = await world.manager.current()
    world.login.gate.clear()
    again = asyncio.create_task(world.manager.sign_in_again(elsewhere=True))
    async with asyncio.timeout(PATIENCE):
        while world.logins < 2:
            await asyncio.sleep(0)
    assert await world.manager.current() is first
    world.login.gate.set()
    assert await again is await world.manager.current()
    assert world.login.asked[1] == Asked("", first.account, None)


async def test_signing_out_while_another_login_is_under_way_leaves_neither(world: World) -> None:
    await world.manager.current()
    world.login.gate.clear()
    again = asyncio.create_task(world.manager.sign_in_again())
    async with asyncio.timeout(PATIENCE):
        while world.logins < 2:
            await asyncio.sleep(0)
    await world.manager.sign_out()
    with pytest.raises(NotSignedIn):
        await again
    assert (world.manager.state, world.manager.account) == (SignedOut(), "")
