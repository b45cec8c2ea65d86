"""Being signed in to the service of the open conversation: seen, renewed, changed and given up."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.chat.connections import Connection
from fakegpt_tui.domain import (
    KeyNeeded,
    LoginRefused,
    LoginState,
    MessageStatus,
    NoLogin,
    Secret,
    Service,
    ServiceError,
    ServiceKind,
    Session,
    SigningIn,
    now,
)
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.steps import ReportStep
from fakegpt_tui.login.storage import SessionFile
from tests.ui.running import FakeMemory, reply, running

URL = "http://127.0.0.1:2"
OTHER = Service(name="other", kind=ServiceKind.OPENAI, url="http://127.0.0.1:1", model="big")
SHARED = Service(name="shared", kind=ServiceKind.FAKEGPT, url=URL, model="one")


class Entrance:
    """A service with some accounts, which hands out another token with each login."""

    def __init__(self, *accounts: str) -> None:
        self.accounts = accounts
        self.logins: list[str] = []
        self.trouble: ServiceError | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def sign_in(
        self, report: ReportStep, *, first: Session | None, last: str, dead: Secret | None
    ) -> Session:
        assert dead is None  # none was refused: the same token again would do
        report(SigningIn(2, 3, "logging in"))
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        others = sorted(self.accounts, key=lambda account: account == last)
        account = first.account if first else others[0]
        self.logins.append(account)
        return Session(
            base_url=URL,
            token=Secret(f"token-{len(self.logins)}"),
            expires_at=now() + timedelta(days=12),
            account=account,
            password=Secret("password-1"),
        )


class Place:
    """A service that is signed in to, and the file that its session is kept in."""

    def __init__(self, folder: Path, *accounts: str, backend: Backend | None = None) -> None:
        self.entrance = Entrance(*accounts)
        self.file = SessionFile(folder / "sessions.json")
        self.backend = backend or ScriptedBackend()

    async def connect(self, service: Service, report: Callable[[LoginState], None]) -> Connection:
        manager = SessionManager(self.entrance, URL, storage=self.file, on_change=report)
        return Connection(service, self.backend, manager)

    @property
    def kept(self) -> str | None:
        session = self.file.peek(URL)
        return session and session.token.reveal()


async def test_the_key_shows_the_account_and_signs_in_again(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna", "bert")
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signed in")
        await it.pilot.press("f7")
        await it.see("shared: signed in, token valid for 11 d · account anna")
        await it.see("Another account")
        await it.see("Sign out")
        await it.pilot.press("enter")
        await it.see("Signed in to shared again.")
        assert place.entrance.logins == ["anna", "anna"]
        assert place.kept == "token-2"


async def test_another_account_is_taken(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna", "bert")
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signed in")
        await it.pilot.press("f7", "down", "enter")
        await it.see("Signed in to shared with another account.")
        await it.pilot.press("f7")
        await it.see("account bert")
        assert place.entrance.logins == ["anna", "bert"]


async def test_a_service_that_has_no_other_account_is_told_of(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna")
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signed in")
        await it.command("/account")
        await it.see("no other account")
        assert place.kept == "token-2"


async def test_signing_out_forgets_the_token_here_and_on_disk(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna")
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signed in")
        assert place.kept == "token-1"
        await it.pilot.press("f7", "up", "enter")
        await it.see("Signed out of shared: its token is forgotten.")
        await it.until(lambda: "signed out" in it.status)
        assert place.kept is None
        await it.pilot.press("f7")
        await it.see("shared: signed out")
        await it.pilot.press("enter")
        await it.until(lambda: "signed in" in it.status and "is forgotten" not in it.text)
        assert place.kept == "token-2"


async def test_the_same_by_name(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna")
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signed in")
        await it.command("/login")
        await it.see("Signed in to shared again.")
        await it.command("/logout")
        await it.see("Signed out of shared")
        assert place.kept is None
        await it.command("/status")
        await it.see("shared: signed out")


async def test_a_login_that_fails_leaves_the_session_that_there_was(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna")
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signed in")
        place.entrance.trouble = LoginRefused("The house is full.")
        await it.pilot.press("f7", "enter")
        await it.see("The house is full.")
        await it.until(lambda: "signed in" in it.status)
        assert place.kept == "token-1"


async def test_a_login_under_way_can_be_given_up(tmp_path: Path) -> None:
    place = Place(tmp_path, "anna")
    place.entrance.gate.clear()
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.see("signing in 2/3")
        await it.pilot.press("f7")
        await it.see("give up the login that is under way")
        await it.pilot.press("enter")
        await it.until(lambda: "signed out" in it.status)
        assert place.kept is None


async def test_a_turn_that_runs_goes_on_when_its_service_is_signed_out_of(tmp_path: Path) -> None:
    gate = Gate()
    place = Place(tmp_path, "anna", backend=ScriptedBackend(reply("half and whole", gate=gate)))
    async with running(service=SHARED, connect=place.connect, size=(140, 30)) as it:
        await it.ask("hi")
        await it.see("half and whole")
        await it.pilot.press("f7", "up", "enter")
        await it.until(lambda: "signed out" in it.status)
        gate.open()
        await it.until(lambda: it.path[-1].status is MessageStatus.COMPLETE)


@pytest.mark.parametrize("way", ["/status", "/login", "/account", "/logout"])
async def test_a_service_without_a_login_says_so(way: str) -> None:
    ollama = Service(name="ollama", kind=ServiceKind.OPENAI, url="http://127.0.0.1:11434")

    async def connect(service: Service, report: Callable[[LoginState], None]) -> Connection:
        report(NoLogin())
        return Connection(service, ScriptedBackend(), None)

    async with running(service=ollama, connect=connect, size=(140, 30)) as it:
        await it.command(way)
        await it.see("ollama needs no login")


async def test_a_service_that_wants_a_key_says_so() -> None:
    hosted = Service(name="hosted", kind=ServiceKind.OPENAI, url="http://127.0.0.1:3")

    async def connect(service: Service, report: Callable[[LoginState], None]) -> Connection:
        report(KeyNeeded("There is none."))
        return Connection(service, ScriptedBackend(), None)

    async with running(service=hosted, connect=connect, size=(140, 30)) as it:
        await it.until(lambda: "needs a key" in it.status)
        await it.pilot.press("f7")
        await it.see("hosted wants a key instead of a login")


async def test_the_model_last_chosen_answers_in_new_conversations() -> None:
    memory = FakeMemory()
    async with running(services=(OTHER,), memory=memory) as it:
        await it.pilot.press("f6", *"other", "enter")
        await it.see("other big")
        await it.pilot.press("ctrl+n")
        assert it.chat.services.default_model() == ("other", "big")
        await it.see("other big")
        await it.until(lambda: memory.values.get("service") == "other")
        assert memory.values["model"] == ""
        await it.pilot.press("f6")
        await it.see("Services and models")
        assert "Last used" not in it.text  # of one there is nothing to choose
        await it.pilot.press(*"scripted", "enter")
        await it.until(lambda: memory.values["service"] == "scripted")
        await it.pilot.press("f6")
        await it.see("Last used")


async def test_a_key_chooses_for_the_open_conversation_alone() -> None:
    memory = FakeMemory()
    async with running(services=(OTHER,), memory=memory) as it:
        await it.pilot.press("f6", *"other", "alt+enter")
        await it.see("other big")
        await it.see("answers here alone")
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "other big" not in it.status)
        assert it.chat.services.default_model() == ("scripted", "scripted-1")
        assert memory.values.keys() <= {"recent_commands"}


async def test_a_choice_for_a_temporary_conversation_is_for_it_alone() -> None:
    memory = FakeMemory()
    async with running(services=(OTHER,), memory=memory) as it:
        await it.command("/temporary")
        await it.pilot.press("f6", *"other", "enter")
        await it.see("other big")
        assert it.chat.services.default_model() == ("scripted", "scripted-1")
        assert memory.values.keys() <= {"recent_commands"}
