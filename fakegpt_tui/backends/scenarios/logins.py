"""Logins that do not go as they should."""

from fakegpt_tui.backends.scenarios.scenario import (
    Expectation,
    Scenario,
    ScenarioResponse,
    html_response,
    json_response,
    text_response,
)

_LOADS = "/api/loads"
_LOGIN = "/auth/login"
_SESSION = "/api/auth/session"
_JSON = (("content-type", "application/json"),)


def _failing_login(name: str, sentence: str, path: str, answer: ScenarioResponse) -> Scenario:
    return Scenario(
        name=name,
        description=sentence,
        expectation=Expectation.ERROR,
        path=path,
        responses=(answer,),
    )


def _recovering_login(name: str, sentence: str, path: str, answer: ScenarioResponse) -> Scenario:
    """It fails once, and a good client asks again."""
    return Scenario(
        name=name,
        description=sentence,
        expectation=Expectation.WHOLE,
        path=path,
        responses=(answer,),
        recovers=True,
    )


def _token_from_cookie(name: str, sentence: str, answer: ScenarioResponse) -> Scenario:
    """The session is of no use, but the login has set a cookie that is the token."""
    return Scenario(
        name=name,
        description=f"{sentence}, but the login's cookie is good.",
        expectation=Expectation.WHOLE,
        path=_SESSION,
        responses=(answer,),
    )


LOGINS = (
    _failing_login("no-accounts", "No account is shared.", _LOADS, json_response({"loads": []})),
    _failing_login(
        "no-loads", "The list of accounts is no list.", _LOADS, json_response({"accounts": 5})
    ),
    _failing_login(
        "loads-page", "A page comes in place of accounts.", _LOADS, html_response("Welcome")
    ),
    _failing_login(
        "loads-challenge",
        "A page wants to see a browser.",
        _LOADS,
        html_response("Just a moment...", 403),
    ),
    _failing_login(
        "loads-elsewhere",
        "The list of accounts is said to be on another host.",
        _LOADS,
        ScenarioResponse(chunks=(), status=302, headers=(("location", "http://nowhere.invalid/"),)),
    ),
    _recovering_login(
        "loads-503-once", "The server restarts, once.", _LOADS, text_response("Wait.", 503)
    ),
    _failing_login(
        "unknown-accounts",
        "The accounts that are listed let nobody in.",
        _LOADS,
        json_response(
            {"loads": [{"token_id": "0" * 32, "count": 5}, {"token_id": "1" * 32}, {"x": 1}]}
        ),
    ),
    _failing_login(
        "login-refused",
        "The login is refused with status 200.",
        _LOGIN,
        json_response({"code": 500, "message": "The session password is too weak."}),
    ),
    _failing_login(
        "login-page",
        "The login is answered by a page.",
        _LOGIN,
        html_response("Error 400: no such key"),
    ),
    _failing_login(
        "login-limit",
        "There were too many logins, for nine seconds more.",
        _LOGIN,
        json_response({"detail": "rate limited."}, 429, headers={"retry-after": "9"}),
    ),
    _failing_login(
        "login-500", "The login fails in the server.", _LOGIN, text_response("Internal Error", 500)
    ),
    _token_from_cookie(
        "session-broken", "The session is no JSON", ScenarioResponse(chunks=(b"{",), headers=_JSON)
    ),
    _token_from_cookie("session-empty", "Nobody is signed in", json_response({})),
    _token_from_cookie(
        "session-error",
        "The session tells of an error",
        json_response({"error": "RefreshAccessTokenError"}),
    ),
)
