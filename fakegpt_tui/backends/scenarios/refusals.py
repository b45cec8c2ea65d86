"""Scenarios of refused prompts and failed logins."""

from dataclasses import replace
from functools import partial
from typing import Any

from fakegpt_tui.backends.scenarios.scenario import (
    CONVERSATION,
    Expectation,
    Scenario,
    ScenarioResponse,
    html_response,
    json_response,
    text_response,
)

_JSON = (("content-type", "application/json"),)


def _refusal(
    name: str,
    description: str,
    response: ScenarioResponse,
    *,
    path: str = CONVERSATION,
    recovers: bool = False,
) -> Scenario:
    """Where it `recovers`, a correct client tries again."""
    return Scenario(
        name=name,
        description=description,
        expectation=Expectation.WHOLE if recovers else Expectation.ERROR,
        path=path,
        responses=(response,),
        recovers=recovers,
    )


_refused_accounts = partial(_refusal, path="/api/loads")
_refused_login = partial(_refusal, path="/auth/login")


def _token_from_cookie(name: str, description: str, response: ScenarioResponse) -> Scenario:
    """The session cannot be used, but the login has set a cookie that is the token."""
    found = _refusal(name, f"{description}, but the login's cookie is good.", response)
    return replace(found, path="/api/auth/session", expectation=Expectation.WHOLE)


LOGINS = (
    _refused_accounts("no-accounts", "No account is shared.", json_response({"loads": []})),
    _refused_accounts(
        "no-loads", "The list of accounts is no list.", json_response({"accounts": 5})
    ),
    _refused_accounts("loads-page", "A page comes in place of accounts.", html_response("Welcome")),
    _refused_accounts(
        "loads-challenge", "A page wants to see a browser.", html_response("Just a moment...", 403)
    ),
    _refused_accounts(
        "loads-elsewhere",
        "The list of accounts is said to be on another host.",
        ScenarioResponse(chunks=(), status=302, headers=(("location", "http://nowhere.invalid/"),)),
    ),
    _refused_accounts(
        "loads-503-once", "The server restarts, once.", text_response("Wait.", 503), recovers=True
    ),
    _refused_accounts(
        "unknown-accounts",
        "All of the listed accounts are refused.",
        json_response(
            {"loads": [{"token_id": "0" * 32, "count": 5}, {"token_id": "1" * 32}, {"x": 1}]}
        ),
    ),
    _refused_login(
        "login-refused",
        "The login is refused with status 200.",
        json_response({"code": 500, "message": "The session password is too weak."}),
    ),
    _refused_login(
        "login-page", "The login is answered by a page.", html_response("Error 400: no such key")
    ),
    _refused_login(
        "login-limit",
        "There were too many logins, for nine seconds more.",
        json_response({"detail": "rate limited."}, 429, headers={"retry-after": "9"}),
    ),
    _refused_login(
        "login-500", "The login fails in the server.", text_response("Internal Error", 500)
    ),
    _token_from_cookie(
        "session-broken", "The session is no JSON", ScenarioResponse(chunks=(b"{",), headers=_JSON)
    ),
    _token_from_cookie("session-empty", "No one is signed in", json_response({})),
    _token_from_cookie(
        "session-error",
        "The session tells of an error",
        json_response({"error": "RefreshAccessTokenError"}),
    ),
)


def _detail(message: str, code: str, **more: Any) -> dict[str, Any]:
    return {"detail": {"message": message, "type": None, "param": None, "code": code, **more}}


_FIELDS = [
    {"loc": ["body", "model"], "msg": "field required", "type": "value_error.missing"},
    {"loc": ["body", "messages", 0, "id"], "msg": "not a string", "type": "type_error.str"},
]

REFUSALS = (
    _refusal("400", "The request is bad.", json_response({"detail": "That makes no sense."}, 400)),
    _refusal(
        "token-expired-once",
        "The token is refused once, and a new one is good.",
        json_response(_detail("The token has expired.", "token_expired"), 401),
        recovers=True,
    ),
    _refusal(
        "token-expired",
        "Every token is refused as expired.",
        json_response(_detail("The token has expired.", "token_expired"), 401),
    ),
    _refusal(
        "not-authenticated",
        "Every token is refused, in a plain description.",
        json_response({"detail": "Not authenticated"}, 401),
    ),
    _refusal("challenge", "A page wants to see a browser.", html_response("Just a moment...", 403)),
    _refusal(
        "unusual-activity",
        "The network is blocked.",
        json_response({"detail": "Unusual activity has been detected from your device."}, 403),
    ),
    _refusal(
        "conversation-not-found",
        "The conversation is not known, in a plain description.",
        json_response({"detail": "Can't load conversation 0001"}, 404),
    ),
    _refusal(
        "history-disabled",
        "The conversation was not kept.",
        json_response(_detail("Not found.", "history_disabled_conversation_not_found"), 404),
    ),
    _refusal(
        "wrong-address", "There is only a page that says 404.", html_response("404 Not Found", 404)
    ),
    _refusal(
        "wrong-server", "The method is not allowed.", json_response({"detail": "Not Allowed"}, 405)
    ),
    _refusal(
        "wrapped-405",
        "An error 405 comes inside an error 500.",
        json_response({"code": 405, "message": "Method Not Allowed"}, 500),
    ),
    _refusal(
        "too-long",
        "The prompt is too long.",
        json_response(_detail("The message is too long.", "message_length_exceeds_limit"), 413),
    ),
    _refusal(
        "arkose",
        "The model wants a puzzle solved first.",
        json_response(_detail("An Arkose token is required.", "arkose_token_required"), 403),
    ),
    _refusal(
        "fields",
        "The body is not accepted, field by field.",
        json_response({"detail": _FIELDS}, 422),
    ),
    _refusal(
        "busy",
        "The account is answering another prompt.",
        json_response({"detail": "Only one message at a time. Please wait."}, 429),
    ),
    _refusal(
        "busy-once",
        "The account is answering another prompt for a second.",
        json_response({"detail": "Only one message at a time."}, 429, headers={"retry-after": "0"}),
        recovers=True,
    ),
    _refusal(
        "hourly-cap",
        "The account has had too many requests.",
        json_response({"detail": "Too many requests in 1 hour. Try again later."}, 429),
    ),
    _refusal(
        "model-cap",
        "The model has a cap that lifts in half an hour.",
        json_response(_detail("You have hit the cap.", "model_cap_exceeded", clears_in=1800), 429),
    ),
    _refusal(
        "rate-limit",
        "The address has had too many requests, for seven seconds more.",
        json_response({"detail": "rate limited."}, 429, headers={"retry-after": "7"}),
    ),
    _refusal("500", "The server fails in plain text.", text_response("Internal Server Error", 500)),
    _refusal("502", "The server behind fails, as a page.", html_response("502 Bad Gateway", 502)),
    _refusal("503", "The server restarts.", json_response({"detail": "Restarting."}, 503)),
    _refusal(
        "503-once",
        "The server restarts, once.",
        json_response({"detail": "Wait."}, 503),
        recovers=True,
    ),
    _refusal("520", "The network before the server fails.", html_response("Web server down", 520)),
    _refusal("empty-500", "The server fails without a word.", text_response("", 500)),
    _refusal("error-string", "The error is a string.", json_response({"error": "No."}, 400)),
    _refusal(
        "error-object",
        "The error is an object.",
        json_response({"error": {"message": "No.", "code": "nope", "type": "x"}}, 400),
    ),
    _refusal(
        "error-message",
        "The error is named otherwise.",
        json_response({"errorMessage": "No."}, 400),
    ),
    _refusal("json-200", "A refusal comes with status 200.", json_response({"detail": "No."})),
    _refusal("page-200", "A login page comes with status 200.", html_response("Login")),
    _refusal(
        "hand-off",
        "The client is sent to a WebSocket.",
        json_response({"wss_url": "wss://nowhere.invalid/x", "conversation_id": "C"}),
    ),
    _refusal(
        "redirect",
        "The client is sent to another host.",
        ScenarioResponse(chunks=(), status=307, headers=(("location", "http://nowhere.invalid/"),)),
    ),
)
