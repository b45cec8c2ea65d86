"""Prompts that are refused, in every shape that was seen."""

from typing import Any

from fakegpt_tui.backends.scenarios.scenario import Answer, Promise, Scenario, page, plain, told


def _refused(name: str, sentence: str, *answers: Answer, recovers: bool = False) -> Scenario:
    return Scenario(
        name=name,
        sentence=sentence,
        promise=Promise.WHOLE if recovers else Promise.ERROR,
        answers=answers,
        recovers=recovers,
    )


def _detail(message: str, code: str, **more: Any) -> dict[str, Any]:
    return {"detail": {"message": message, "type": None, "param": None, "code": code, **more}}


_FIELDS = [
    {"loc": ["body", "model"], "msg": "field required", "type": "value_error.missing"},
    {"loc": ["body", "messages", 0, "id"], "msg": "not a string", "type": "type_error.str"},
]

REFUSALS = (
    _refused("400", "The request is bad.", told({"detail": "That makes no sense."}, 400)),
    _refused(
        "token-expired-once",
        "The token is refused once, and a new one is good.",
        told(_detail("The token has expired.", "token_expired"), 401),
        recovers=True,
    ),
    _refused(
        "token-expired",
        "Every token is refused as expired.",
        told(_detail("The token has expired.", "token_expired"), 401),
    ),
    _refused(
        "not-authenticated",
        "Every token is refused, in a plain sentence.",
        told({"detail": "Not authenticated"}, 401),
    ),
    _refused("challenge", "A page wants to see a browser.", page("Just a moment...", 403)),
    _refused(
        "unusual-activity",
        "The network is blocked.",
        told({"detail": "Unusual activity has been detected from your device."}, 403),
    ),
    _refused(
        "conversation-not-found",
        "The conversation is not known, in a plain sentence.",
        told({"detail": "Can't load conversation 0001"}, 404),
    ),
    _refused(
        "history-disabled",
        "The conversation was not kept.",
        told(_detail("Not found.", "history_disabled_conversation_not_found"), 404),
    ),
    _refused("wrong-address", "There is only a page that says 404.", page("404 Not Found", 404)),
    _refused("wrong-server", "The method is not allowed.", told({"detail": "Not Allowed"}, 405)),
    _refused(
        "wrapped-405",
        "An error 405 comes inside an error 500.",
        told({"code": 405, "message": "Method Not Allowed"}, 500),
    ),
    _refused(
        "too-long",
        "The prompt is too long.",
        told(_detail("The message is too long.", "message_length_exceeds_limit"), 413),
    ),
    _refused(
        "arkose",
        "The model wants a puzzle solved first.",
        told(_detail("An Arkose token is required.", "arkose_token_required"), 403),
    ),
    _refused("fields", "The body is not accepted, field by field.", told({"detail": _FIELDS}, 422)),
    _refused(
        "busy",
        "The account is answering somebody else.",
        told({"detail": "Only one message at a time. Please wait."}, 429),
    ),
    _refused(
        "busy-once",
        "The account is answering somebody else for a second.",
        told({"detail": "Only one message at a time."}, 429, headers={"retry-after": "0"}),
        recovers=True,
    ),
    _refused(
        "hourly-cap",
        "The account has had too many requests.",
        told({"detail": "Too many requests in 1 hour. Try again later."}, 429),
    ),
    _refused(
        "model-cap",
        "The model has a cap that lifts in half an hour.",
        told(_detail("You have hit the cap.", "model_cap_exceeded", clears_in=1800), 429),
    ),
    _refused(
        "rate-limit",
        "The address has had too many requests, for seven seconds more.",
        told({"detail": "rate limited."}, 429, headers={"retry-after": "7"}),
    ),
    _refused("500", "The server fails in plain text.", plain("Internal Server Error", 500)),
    _refused("502", "The server behind fails, as a page.", page("502 Bad Gateway", 502)),
    _refused("503", "The server restarts.", told({"detail": "Restarting."}, 503)),
    _refused(
        "503-once", "The server restarts, once.", told({"detail": "Wait."}, 503), recovers=True
    ),
    _refused("520", "The network before the server fails.", page("Web server down", 520)),
    _refused("empty-500", "The server fails without a word.", plain("", 500)),
    _refused("error-string", "The error is a string.", told({"error": "No."}, 400)),
    _refused(
        "error-object",
        "The error is an object.",
        told({"error": {"message": "No.", "code": "nope", "type": "x"}}, 400),
    ),
    _refused("error-message", "The error is named otherwise.", told({"errorMessage": "No."}, 400)),
    _refused("json-200", "A refusal comes with status 200.", told({"detail": "No."})),
    _refused("page-200", "A login page comes with status 200.", page("Login")),
    _refused(
        "hand-off",
        "The client is sent to a WebSocket.",
        told({"wss_url": "wss://nowhere.invalid/x", "conversation_id": "C"}),
    ),
    _refused(
        "redirect",
        "The client is sent to another host.",
        Answer(pieces=(), status=307, headers=(("location", "http://nowhere.invalid/"),)),
    ),
)
