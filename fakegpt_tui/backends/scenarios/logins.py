"""Logins that do not go as they should."""

from fakegpt_tui.backends.scenarios.scenario import Answer, Promise, Scenario, page, plain, told

_LOADS = "/api/loads"
_LOGIN = "/auth/login"
_SESSION = "/api/auth/session"
_JSON = (("content-type", "application/json"),)


def _refused(name: str, sentence: str, path: str, answer: Answer) -> Scenario:
    return Scenario(
        name=name, sentence=sentence, promise=Promise.ERROR, path=path, answers=(answer,)
    )


def _mended(name: str, sentence: str, path: str, answer: Answer) -> Scenario:
    """It fails once, and a good client asks again."""
    return Scenario(
        name=name,
        sentence=sentence,
        promise=Promise.WHOLE,
        path=path,
        answers=(answer,),
        recovers=True,
    )


def _by_cookie(name: str, sentence: str, answer: Answer) -> Scenario:
    """The session is of no use, but the login has set a cookie that is the token."""
    return Scenario(
        name=name,
        sentence=f"{sentence}, but the login's cookie is good.",
        promise=Promise.WHOLE,
        path=_SESSION,
        answers=(answer,),
    )


LOGINS = (
    _refused("no-accounts", "No account is shared.", _LOADS, told({"loads": []})),
    _refused("no-loads", "The list of accounts is no list.", _LOADS, told({"accounts": 5})),
    _refused("loads-page", "A page comes in place of accounts.", _LOADS, page("Welcome")),
    _refused(
        "loads-challenge", "A page wants to see a browser.", _LOADS, page("Just a moment...", 403)
    ),
    _refused(
        "loads-elsewhere",
        "The list of accounts is said to be on another host.",
        _LOADS,
        Answer(pieces=(), status=302, headers=(("location", "http://nowhere.invalid/"),)),
    ),
    _mended("loads-503-once", "The server restarts, once.", _LOADS, plain("Wait.", 503)),
    _refused(
        "unknown-accounts",
        "The accounts that are listed let nobody in.",
        _LOADS,
        told({"loads": [{"token_id": "0" * 32, "count": 5}, {"token_id": "1" * 32}, {"x": 1}]}),
    ),
    _refused(
        "login-refused",
        "The login is refused with status 200.",
        _LOGIN,
        told({"code": 500, "message": "The session password is too weak."}),
    ),
    _refused(
        "login-page", "The login is answered by a page.", _LOGIN, page("Error 400: no such key")
    ),
    _refused(
        "login-limit",
        "There were too many logins, for nine seconds more.",
        _LOGIN,
        told({"detail": "rate limited."}, 429, headers={"retry-after": "9"}),
    ),
    _refused("login-500", "The login fails in the server.", _LOGIN, plain("Internal Error", 500)),
    _by_cookie("session-broken", "The session is no JSON", Answer(pieces=(b"{",), headers=_JSON)),
    _by_cookie("session-empty", "Nobody is signed in", told({})),
    _by_cookie(
        "session-error", "The session tells of an error", told({"error": "RefreshAccessTokenError"})
    ),
)
