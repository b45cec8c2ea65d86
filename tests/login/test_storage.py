"""Sessions on disk: complete, private, and never in the way."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import SaveError, Secret, Session
from fakegpt_tui.login.storage import SessionFile
from tests.examples import examples

SESSION = Session(
    base_url="https://one.example",
    token=Secret("token-1"),
    expires_at=datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC),
    account="account-1",
    password=Secret("password-1"),
    cookies=(("credential", Secret("cookie-1")), ("other", Secret(""))),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "program" / "sessions.json"


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_session_comes_back_as_it_was_kept(path: Path) -> None:
    SessionFile(path).save(SESSION)
    assert SessionFile(path).load(SESSION.base_url) == SESSION


def test_a_session_is_only_for_its_base_url(path: Path) -> None:
    file = SessionFile(path)
    other = replace(SESSION, base_url="https://two.example", token=Secret("token-2"))
    file.save(SESSION)
    file.save(other)
    file.save(replace(SESSION, token=Secret("token-3")))
    assert file.load("https://two.example") == other
    assert file.load("https://one.example/path") is None
    kept = file.load(SESSION.base_url)
    assert kept is not None
    assert kept.token == Secret("token-3")


def test_a_forgotten_session_leaves_no_trace(path: Path) -> None:
    file = SessionFile(path)
    file.save(SESSION)
    file.save(replace(SESSION, base_url="https://two.example", token=Secret("token-2")))
    file.delete(SESSION.base_url)
    assert file.load(SESSION.base_url) is None
    assert b"token-1" not in path.read_bytes()
    assert file.load("https://two.example") is not None


def test_forgetting_what_is_not_there_makes_no_file(path: Path) -> None:
    SessionFile(path).delete(SESSION.base_url)
    assert not path.exists()


def test_only_the_owner_may_read_whatever_the_umask(path: Path, umask: int) -> None:
    file = SessionFile(path)
    file.save(SESSION)
    file.save(replace(SESSION, token=Secret("token-2")))
    assert mode(path) == 0o600, oct(umask)
    assert mode(path.parent) == 0o700
    assert mode(path.parent.parent) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_file_open_to_others_is_closed_to_them(path: Path) -> None:
    file = SessionFile(path)
    file.save(SESSION)
    path.chmod(0o644)
    assert file.load(SESSION.base_url) == SESSION
    assert mode(path) == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"version": 2, "sessions": {}}', b"[" * 200_000],
)
def test_a_damaged_file_counts_as_absent_and_is_moved_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    file = SessionFile(path)
    assert file.load(SESSION.base_url) is None
    assert path.with_name("sessions.json.damaged").read_bytes() == content
    file.save(SESSION)
    assert file.load(SESSION.base_url) == SESSION


@pytest.mark.parametrize(
    "change",
    [
        {"token": ""},
        {"token": "two\r\nlines"},
        {"token": 5},
        {"expires_at": 5},
        {"account": None},
        {"cookies": {}},
    ],
)
def test_a_damaged_entry_costs_no_other(path: Path, change: dict[str, object]) -> None:
    file = SessionFile(path)
    file.save(SESSION)
    file.save(replace(SESSION, base_url="https://two.example"))
    content = json.loads(path.read_bytes())
    content["sessions"]["https://one.example"] |= change
    path.write_text(json.dumps(content))
    assert file.load("https://one.example") is None
    assert file.load("https://two.example") is not None


def test_a_folder_that_cannot_be_written_is_said_without_secrets(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(SaveError) as caught:
        SessionFile(blocker / "sessions.json").save(SESSION)
    assert str(caught.value)
    assert "token-1" not in str(caught.value)


def test_sessions_that_ended_long_ago_are_not_kept(path: Path) -> None:
    file = SessionFile(path)
    long_ago = datetime.now(UTC) - timedelta(days=31)
    file.save(replace(SESSION, base_url="https://old.example", expires_at=long_ago))
    assert file.load("https://old.example") is not None
    file.save(SESSION)
    assert file.load("https://old.example") is None


@examples(60)
@given(content=st.binary(max_size=200))
def test_no_bytes_can_break_loading(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "sessions.json"
    path.write_bytes(content)
    assert SessionFile(path).load(SESSION.base_url) is None


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "files").glob("*.json")), ids=lambda file: file.stem
)
def test_a_file_of_an_earlier_release_is_read_and_kept(path: Path, file: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(file.read_bytes())
    expected = replace(SESSION, password=Secret("password1"))
    assert SessionFile(path).load(SESSION.base_url) == expected
    SessionFile(path).save(replace(SESSION, base_url="https://new.example"))
    assert SessionFile(path).load(SESSION.base_url) == expected
    without_end = SessionFile(path).load("http://127.0.0.1:8100/secret")
    assert without_end is not None
    assert without_end.expires_at is None


def test_no_representation_shows_a_secret(path: Path) -> None:
    file = SessionFile(path)
    file.save(SESSION)
    shown = f"{file!r} {SESSION!r} {SESSION} {file.load(SESSION.base_url)}"
    assert not any(secret in shown for secret in ("token-1", "password-1", "cookie-1"))
