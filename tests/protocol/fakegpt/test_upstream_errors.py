import json

import pytest

from fakegpt_tui.domain import (
    Busy,
    LoginRefused,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    ServiceError,
    StoreError,
)
from fakegpt_tui.http.sse import EventTooLong
from fakegpt_tui.protocol.fakegpt import error_body, error_code, error_message, response_error
from fakegpt_tui.protocol.fakegpt.errors import UPSTREAM_ERRORS


@pytest.mark.parametrize("code", UPSTREAM_ERRORS)
@pytest.mark.parametrize("status", [200, 401, 502])
def test_a_code_of_our_own_decides_the_error_for_any_status(code: str, status: int) -> None:
    body = json.dumps(error_body("So it is.", code=code)).encode()
    error = response_error(status, {}, body, service_host="h")
    assert type(error) is UPSTREAM_ERRORS[code]
    assert str(error) == "h reports an error: So it is."
    assert error_code(error) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotSignedIn("x"), "expired_session_key"),
        (LoginRefused("x"), "login_refused"),
        (PromptTooLong("x"), "message_length_exceeds_limit"),
        (RateLimited("x"), "model_cap_exceeded"),
        (EventTooLong("x"), "reply_cut"),
        (ReplyCut("x"), "reply_cut"),
        (ServiceError("x"), "service_error"),
        (Busy("x"), None),
        (StoreError("x"), None),
    ],
)
def test_every_service_error_has_the_code_of_its_nearest_class(
    error: ServiceError, code: str | None
) -> None:
    assert error_code(error) == code


def test_a_busy_account_is_told_in_the_words_that_clients_look_for() -> None:
    assert error_message(Busy("Wait.")) == "Only one message at a time: Wait."
    assert error_message(RateLimited("Wait.")) == "Wait."
    assert error_message(ServiceError("")) == "The reply failed."
