"""`status`: what is known of a session without sending anything."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from fakegpt_tui.domain import Secret, Session
from fakegpt_tui.login.storage import SessionFile
from tests.cli.program import Home

URL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _service(home: Home) -> None:
    home.use_service(URL)


def keep_session(home: Home, expires_at: datetime | None) -> None:
    SessionFile(home.data / "state" / "sessions.json").save(
        Session(
            base_url=URL,
            token=Secret("the-token-itself"),
            expires_at=expires_at,
            account="account-1",
            password=Secret("the-password1"),
        )
    )


def test_a_good_token_is_usable(home: Home) -> None:
    keep_session(home, datetime.now(UTC) + timedelta(days=11, minutes=30))
    done = home.invoke("status")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"home: {URL}, signed in to account account-1 until ")
    assert "(11 d 0 h left)" in done.stdout


def test_an_expired_token_is_not_usable(home: Home) -> None:
    keep_session(home, datetime.now(UTC) - timedelta(minutes=1))
    done = home.invoke("status")
    assert done.exit_code == 3
    assert "whose token expired at" in done.stdout


def test_without_a_session_one_is_signed_out(home: Home) -> None:
    done = home.invoke("status")
    assert (done.exit_code, done.stdout) == (3, f"home: {URL}, signed out.\n")


def test_a_token_that_tells_no_end_is_usable(home: Home) -> None:
    keep_session(home, None)
    assert home.invoke("status").exit_code == 0


def test_the_embedded_host_needs_no_token(home: Home) -> None:
    done = home.invoke("status", "--service", "embedded")
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "embedded")


def test_an_embedded_host_is_signed_in_as_its_upstream_is(home: Home) -> None:
    home.configure(home.config.read_text() + '[services.embedded]\nupstream = "home"\n')
    done = home.invoke("status", "--service", "embedded")
    assert (done.exit_code, done.stdout) == (3, f"home: {URL}, signed out.\n")


def test_the_document_holds_everything_but_the_token(home: Home) -> None:
    expires_at = datetime.now(UTC) + timedelta(hours=2)
    keep_session(home, expires_at)
    done = home.invoke("status", "--json")
    assert json.loads(done.stdout) == {
        "version": 1,
        "service": "home",
        "kind": "fakegpt",
        "url": URL,
        "account": "account-1",
        "signed_in": True,
        "usable": True,
        "expires_at": expires_at.isoformat(),
    }
    for shown in (done, home.invoke("status")):
        assert "the-token-itself" not in shown.stdout + shown.stderr
        assert "the-password1" not in shown.stdout + shown.stderr
