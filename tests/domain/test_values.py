"""The values of the domain keep their promises."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC

import pytest

from fakegpt_tui.domain import (
    Busy,
    FakeGPTError,
    MessageStatus,
    RateLimited,
    RecoveryAction,
    ReplyCut,
    RequestRefused,
    Secret,
    ServiceError,
    Session,
    new_id,
    now,
)
from fakegpt_tui.domain.service_setup import complete_address


def test_a_secret_shows_only_when_it_is_asked_to() -> None:
    session = Session(
        base_url="http://localhost",
        token=Secret("top-token"),
        expires_at=None,
        account="a",
        password=Secret("top-password"),
        cookies=(("credential", Secret("top-token")),),
    )
    shown = f"{session} {session!r} {session.token} {session.token!r} {session.cookies}"
    assert "top" not in shown
    assert session.token.reveal() == "top-token"
    assert replace(session, account="b").token == Secret("top-token")


def test_an_empty_secret_is_none() -> None:
    assert not Secret("")
    assert Secret("x")


def test_values_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Secret("x")._text = "y"  # type: ignore[misc]  # noqa: SLF001 - the attempt is the test


def test_ids_differ_and_times_have_a_zone() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
    assert now().tzinfo is UTC


@pytest.mark.parametrize("status", MessageStatus)
def test_a_message_is_final_unless_something_is_still_to_come(status: MessageStatus) -> None:
    under_way = {MessageStatus.QUEUED, MessageStatus.WAITING, MessageStatus.STREAMING}
    assert status.is_final == (status not in under_way)


def kinds(kind: type[FakeGPTError] = FakeGPTError) -> list[type[FakeGPTError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in kinds(child))]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence_and_a_recovery_action(kind: type[FakeGPTError]) -> None:
    assert kind.recovery in RecoveryAction
    if kind.__module__ == FakeGPTError.__module__:
        assert str(kind("It is so.")) == "It is so."
        assert kind.__name__ in str(FakeGPTError.__doc__)


def test_the_recovery_action_fits_the_error() -> None:
    assert Busy("Wait.", retry_after=3).recovery is RecoveryAction.WAIT
    assert RateLimited("Wait.", retry_after=3).retry_after == 3
    assert RateLimited("Wait.").retry_after is None
    assert ReplyCut("Cut.").recovery is RecoveryAction.RETRY
    assert RequestRefused("No.").recovery is RecoveryAction.NOTHING
    assert issubclass(Busy, ServiceError)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("127.0.0.1:9131", "http://127.0.0.1:9131"),
        ("localhost:11434/v1", "http://localhost:11434/v1"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("192.168.1.20:1234", "http://192.168.1.20:1234"),
        ("workstation.local:1234", "http://workstation.local:1234"),
        ("api.example.org/v1", "https://api.example.org/v1"),
        ("10.example.org", "https://10.example.org"),
        ("localhost.example.org:80", "https://localhost.example.org:80"),
        ("http://api.example.org", "http://api.example.org"),
        ("two words", "two words"),
        ("word", "word"),
        ("", ""),
    ],
)
def test_an_address_is_completed_and_goes_out_plain_only_near_by(typed: str, address: str) -> None:
    assert complete_address(typed) == address
