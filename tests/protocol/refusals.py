"""Cases of responses that are no stream: errors, retries, sentences."""

from fakegpt_tui.domain import (
    BadReply,
    Busy,
    FinishReason,
    NoAnswer,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unreachable,
    Unsupported,
)
from tests.fault_server import Close, Reset, Send, json_reply, reply, stream
from tests.protocol.cases import Case, Script, chat


def said(status: int, body: object, **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [Send(json_reply(body, status=status, headers=named))]


def page(status: int, title: str) -> Script:
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head></html>".encode()
    return [Send(reply(html, status=status, content_type="text/html"))]


def detail(message: str, code: str, **more: object) -> dict[str, object]:
    return {"detail": {"message": message, "type": None, "param": None, "code": code, **more}}


HELLO = stream("Hel", "Hello")
FINE = FinishReason.STOP
Row = tuple[str, tuple[Script, ...], type[ServiceError] | FinishReason, str, int]

ROWS: list[Row] = [
    ("400", (said(400, {"detail": "No such action"}),), RequestRefused, "No such action", 1),
    (
        "403 Cloudflare challenge",
        (page(403, "Just a moment..."),),
        RequestRefused,
        "Try a proxy",
        1,
    ),
    ("403 Access denied", (page(403, "Access denied"),), RequestRefused, "Access denied", 1),
    (
        "403 unusual activity",
        (said(403, {"detail": "Unusual activity has been detected from your device."}),),
        RequestRefused,
        "Unusual activity",
        1,
    ),
    (
        "404 Can't load conversation",
        (said(404, {"detail": "Can't load conversation c"}),),
        RequestRefused,
        "does not know this conversation",
        1,
    ),
    (
        "404 conversation_not_found",
        (said(404, detail("Gone", "conversation_not_found")),),
        RequestRefused,
        "does not know this conversation",
        1,
    ),
    (
        "404 history_disabled_conversation_not_found",
        (said(404, detail("Gone", "history_disabled_conversation_not_found")),),
        RequestRefused,
        "does not know this conversation",
        1,
    ),
    ("404 HTML", (page(404, "Not found"),), RequestRefused, "Check the url", 1),
    ("405", (said(405, {"detail": "Method Not Allowed"}),), Unsupported, "FakeGPT protocol", 1),
    (
        "500 with code 405",
        (said(500, {"code": 405, "message": "Not allowed"}),),
        Unsupported,
        "FakeGPT protocol",
        1,
    ),
    (
        "413 the prompt alone is too long",
        (said(413, detail("Too long.", "message_length_exceeds_limit")),),
        PromptTooLong,
        "Send less",
        1,
    ),
    ("4xx arkose", (said(418, {"detail": "Arkose token needed"}),), Unsupported, "puzzle", 1),
    (
        "422",
        (said(422, {"detail": [{"loc": ["body", "model"], "msg": "missing", "type": "x"}]}),),
        RequestRefused,
        "body.model: missing",
        1,
    ),
    (
        "429 only one message at a time, then fine",
        (said(429, {"detail": "Only one message at a time."}), HELLO),
        FINE,
        "",
        2,
    ),
    (
        "429 only one message at a time, always",
        (said(429, {"detail": "Only one message at a time."}),),
        Busy,
        "another prompt",
        3,
    ),
    (
        "429 too many requests in 1 hour",
        (said(429, {"detail": "Too many requests in 1 hour. Try again later."}),),
        RateLimited,
        "in 1 hour",
        3,
    ),
    (
        "429 model_cap_exceeded, clears in half an hour",
        (said(429, detail("Cap.", "model_cap_exceeded", clears_in=1800)),),
        RateLimited,
        "Try again in 30 minutes.",
        1,
    ),
    (
        "429 model_cap_exceeded, clears in 5 s",
        (said(429, detail("Cap.", "model_cap_exceeded", clears_in=5)), HELLO),
        FINE,
        "",
        2,
    ),
    ("429 Retry-After, then fine", (said(429, {}, Retry_After="7"), HELLO), FINE, "", 2),
    (
        "429 Retry-After of an hour",
        (said(429, {"detail": "rate limited."}, Retry_After="3600"),),
        RateLimited,
        "Try again in 60 minutes.",
        1,
    ),
    ("500, then fine", ([Send(reply(b"Internal Server Error", status=500))], HELLO), FINE, "", 2),
    ("502 nginx, always", (page(502, "502 Bad Gateway"),), Unreachable, "502 Bad Gateway", 3),
    ("503", (said(503, {"detail": "Restarting"}),), Unreachable, "Restarting", 3),
    ("503 Retry-After, then fine", (said(503, {}, Retry_After="3"), HELLO), FINE, "", 2),
    ("504", ([Send(reply(b"", status=504))],), Unreachable, "504 Gateway Timeout", 3),
    ("520", (page(520, "Unknown error"),), Unreachable, "status 520", 3),
    ("closed without an answer, then fine", ([Close()], HELLO), FINE, "", 2),
    ("reset without an answer, always", ([Reset()],), NoAnswer, "", 3),
    ("200 JSON", (said(200, {"detail": "Something is wrong"}),), RequestRefused, "is wrong", 1),
    (
        "200 JSON that hands over to a WebSocket",
        (said(200, {"wss_url": "wss://x", "conversation_id": "c"}),),
        Unsupported,
        "WebSocket",
        1,
    ),
    ("200 HTML", (page(200, "Log in"),), BadReply, "a web page instead of a reply: Log in", 1),
    ("200 HTML challenge", (page(200, "Just a moment..."),), RequestRefused, "Try a proxy", 1),
    ("error: a string", (said(400, {"error": "Boom"}),), RequestRefused, "Boom", 1),
    ("error: an object", (said(400, {"error": {"message": "Boom"}}),), RequestRefused, "Boom", 1),
    ("code and message", (said(400, {"code": 1, "message": "Boom"}),), RequestRefused, "Boom", 1),
    ("errorMessage", (said(400, {"errorMessage": "Boom"}),), RequestRefused, "Boom", 1),
    ("plain text", ([Send(reply(b"Boom", status=400))],), RequestRefused, "Boom", 1),
    (
        "nothing in the body",
        ([Send(reply(b"", status=400))],),
        RequestRefused,
        "400 Bad Request",
        1,
    ),
]

REFUSALS = [
    Case(
        row=f"§6 {name}",
        scripts=chat(*scripts),
        text="Hello" if end is FINE else "",
        end=end,
        says=says,
        asked=asked,
    )
    for name, scripts, end, says, asked in ROWS
]
