"""Cases of logins that one prompt can show; the others are in `test_acts.py`."""

from collections.abc import Sequence

from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    LoginRefused,
    NotSignedIn,
    RequestRefused,
    ServiceError,
    Unreachable,
)
from tests.fault_server import Send, json_reply, reply, stream
from tests.protocol.cases import CHAT, LOADS, LOGIN, SESSION, Case, Script

HELLO = stream("Hel", "Hello")
FINE = FinishReason.STOP
COOKIE = {"Set-Cookie": "credential=token-1; Path=/"}


def loads(*counts: object) -> Script:
    listed = [{"token_id": f"account-{index}", "count": n} for index, n in enumerate(counts)]
    return [Send(json_reply({"loads": listed}))]


def page(title: str, status: int = 200) -> Script:
    return [
        Send(reply(f"<title>{title}</title>".encode(), status=status, content_type="text/html"))
    ]


ENTERED: Script = [Send(json_reply({"code": 0, "url": "/"}, headers=COOKIE))]
NO_COOKIE: Script = [Send(json_reply({"code": 0, "url": "/"}))]
REFUSED: Script = [Send(json_reply({"code": 500, "message": "This account is no good."}))]
GOOD: Script = [Send(json_reply({"accessToken": "token-1", "user": {}}))]
NOBODY: Script = [Send(json_reply({}))]
CHALLENGE = page("Just a moment...", 403)
DOWN: Script = [Send(json_reply({"detail": "Restarting"}, status=503))]
REDIRECT: Script = [Send(reply(b"", status=302, headers=COOKIE | {"Location": "/"}))]
AWAY: Script = [Send(reply(b"", status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}))]
SECURE: Script = [
    Send(json_reply({}, headers={"Set-Cookie": "credential=token-1; Path=/; Secure"}))
]

Scripts = tuple[Script, ...]
Row = tuple[str, Scripts, Scripts, Scripts, type[ServiceError] | FinishReason, str]

ROWS: list[Row] = [
    ("/api/loads empty", (loads(),), (ENTERED,), (GOOD,), LoginRefused, "no shared accounts"),
    ("all counts above 0", (loads(7, 3),), (ENTERED,), (GOOD,), FINE, ""),
    ("a count that is no number", (loads(None, "x"),), (ENTERED,), (GOOD,), FINE, ""),
    (
        "loads missing",
        ([Send(json_reply({}))],),
        (ENTERED,),
        (GOOD,),
        BadReply,
        "something other than a list of accounts",
    ),
    ("loads as HTML 200", (page("Log in"),), (ENTERED,), (GOOD,), BadReply, "Log in"),
    ("loads behind a challenge", (CHALLENGE,), (ENTERED,), (GOOD,), RequestRefused, "proxy"),
    ("loads down, then up", (DOWN, loads(0)), (ENTERED,), (GOOD,), FINE, ""),
    ("loads down for good", (DOWN,), (ENTERED,), (GOOD,), Unreachable, "Restarting"),
    ("login 200 but refused, always", (loads(0, 0, 0, 0),), (REFUSED,), (NOBODY,), LoginRefused,
     "This account is no good."),
    ("login refused, the next account is good", (loads(0, 5),), (REFUSED, ENTERED),
     (NOBODY, GOOD), FINE, ""),
    ("login answers with a redirect", (loads(0),), (REDIRECT,), (GOOD,), FINE, ""),
    ("login leads to another host", (loads(0),), (AWAY,), (NOBODY,), LoginRefused, "refused"),
    ("loads lead to another host", (AWAY,), (ENTERED,), (GOOD,), RequestRefused, "not followed"),
    ("session {}", (loads(0),), (NO_COOKIE,), (NOBODY,), LoginRefused, "did not sign"),
    ("session {}, but the cookie came", (loads(0),), (ENTERED,), (NOBODY,), FINE, ""),
    ("session as HTML, but the cookie came", (loads(0),), (ENTERED,), (page("x"),), FINE, ""),
    ("cookie for https only, on plain http", (loads(0),), (SECURE,), (NOBODY,), FINE, ""),
    ("no cookie, but a session", (loads(0),), (NO_COOKIE,), (GOOD,), FINE, ""),
]  # fmt: skip

LOGINS = [
    Case(
        row=f"§9 {name}",
        scripts={LOADS: accounts, LOGIN: entering, SESSION: sessions, CHAT: (HELLO,)},
        text="Hello" if end is FINE else "",
        end=end,
        says=says,
        asked=int(end is FINE),
    )
    for name, accounts, entering, sessions, end, says in ROWS
]

REFUSED_TOKEN: Script = [
    Send(
        json_reply({"detail": {"message": "Expired.", "code": "token_expired"}}, status=401),
    )
]


def tokens(*names: str) -> dict[str, Sequence[Script]]:
    """A login that hands out another token every time."""
    cookies = [{"Set-Cookie": f"credential={name}; Path=/"} for name in names]
    return {
        LOADS: [loads(0)],
        LOGIN: [[Send(json_reply({}, headers=cookie))] for cookie in cookies],
        SESSION: [[Send(json_reply({"accessToken": name}))] for name in names],
    }


LOGINS += [
    Case(
        row="§6 401 token_expired, then a token that is good",
        scripts=tokens("token-1", "token-2") | {CHAT: (REFUSED_TOKEN, HELLO)},
        text="Hello",
        asked=2,
    ),
    Case(
        row="§6 401 Not authenticated, for good",
        scripts=tokens("token-1", "token-2")
        | {CHAT: [[Send(json_reply({"detail": "Not authenticated"}, status=401))]]},
        end=NotSignedIn,
        says="Not authenticated",
        asked=2,
    ),
    Case(
        row="§6 401, and the same token is handed out again",
        scripts=tokens("token-1") | {CHAT: (REFUSED_TOKEN, HELLO)},
        end=LoginRefused,
        says="a token that it does not accept",
    ),
]
