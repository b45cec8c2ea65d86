"""Conversations that the host keeps: asked, branched, continued, listed, named and forgotten."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Iterable
from itertools import repeat
from typing import Any, TypeAlias

import httpx
import pytest

from fakegpt_tui.backends.base import Purpose
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    ReplyEnded,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    Unreachable,
    new_id,
)
from fakegpt_tui.domain.parts import ImagePart, TextSpan
from fakegpt_tui.host.limiter import MAX_REPLY
from fakegpt_tui.host.server import HostServer
from tests.attachments.examples import png
from tests.host.calls import asking, calling, messages, prompt_body, signed_in, token_of, until

Serve: TypeAlias = Callable[..., HostServer]


def said(text: str, reason: FinishReason = FinishReason.STOP) -> tuple[Step, ...]:
    return (TextDelta(text), ReplyEnded(reason))


def body(prompt: str, **changes: Any) -> dict[str, object]:
    """A prompt that the host may keep, with an id of its own."""
    message = {
        "id": new_id(),
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": [prompt]},
    }
    kept = {"messages": [message], "history_and_training_disabled": False}
    return prompt_body(**{**kept, **changes})


class Talk:
    """What a client remembers of a conversation: its id, and the last reply's."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.id: str | None = None
        self.last: dict[str, Any] = {}

    async def ask(self, asked: dict[str, object]) -> str:
        """The text of the reply."""
        if self.id is not None:
            asked = {"conversation_id": self.id, **asked}
        async with self.client.stream("POST", "/api/conversation", json=asked) as response:
            assert response.status_code == 200
            async for event in messages(response):
                message: Any = event.get("message")
                if message and message["author"]["role"] == "assistant":
                    self.id, self.last = str(event["conversation_id"]), message
        return str(self.last["content"]["parts"][0])

    async def go_on(self, prompt: str) -> str:
        return await self.ask(body(prompt, parent_message_id=self.last["id"]))

    async def stored(self) -> dict[str, Any]:
        response = await self.client.get(f"/api/conversation/{self.id}")
        assert response.status_code == 200
        kept: dict[str, Any] = response.json()
        return kept


def thread(stored: dict[str, Any]) -> list[str]:
    """The visible path, from `current_node` up, as clients walk it."""
    texts, node = [], stored["mapping"][stored["current_node"]]
    while "parent" in node:
        message = node["message"]
        texts.append(f"{message['author']['role']}: {message['content']['parts'][0]}")
        node = stored["mapping"][node["parent"]]
    return texts[::-1]


def backend_of(*scripts: Iterable[Step]) -> ScriptedBackend:
    return ScriptedBackend(*scripts)


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend(*[said(f"reply {number}") for number in range(1, 9)])


@pytest.fixture
async def client(serve: Serve, backend: ScriptedBackend) -> AsyncGenerator[httpx.AsyncClient]:
    async with signed_in(serve(backend=backend)) as client:
        yield client


@pytest.fixture
def talk(client: httpx.AsyncClient) -> Talk:
    return Talk(client)


async def test_the_backend_is_asked_with_all_that_was_said_before(
    talk: Talk, backend: ScriptedBackend
) -> None:
    await talk.ask(body("one"))
    await talk.go_on("two")
    assert backend.requests[1].messages == (
        ContextMessage("user", "one"),
        ContextMessage("assistant", "reply 1"),
        ContextMessage("user", "two"),
    )
    assert backend.requests[1].purpose is Purpose.NEXT
    assert thread(await talk.stored()) == [
        "user: one",
        "assistant: reply 1",
        "user: two",
        "assistant: reply 2",
    ]


async def test_another_reply_to_the_same_prompt_is_a_sibling(
    talk: Talk, backend: ScriptedBackend
) -> None:
    asked = body("one", parent_message_id="root")
    await talk.ask(asked)
    first = talk.last["id"]
    assert await talk.ask({**asked, "action": "variant"}) == "reply 2"
    assert backend.requests[1].messages == (ContextMessage("user", "one"),)
    assert backend.requests[1].purpose is Purpose.VARIANT
    assert talk.last["metadata"]["message_type"] == "variant"
    stored = await talk.stored()
    (prompt,) = stored["mapping"]["root"]["children"]
    assert stored["mapping"][prompt]["children"] == [first, talk.last["id"]]
    assert thread(stored) == ["user: one", "assistant: reply 2"]


async def test_a_reply_that_was_too_long_goes_on_where_it_stopped(serve: Serve) -> None:
    backend = backend_of(said("one, ", FinishReason.LENGTH), said("two."), said("three."))
    async with signed_in(serve(backend=backend)) as client:
        talk = Talk(client)
        await talk.ask(body("count"))
        first = talk.last
        assert first["metadata"]["finish_details"]["type"] == "max_tokens"
        rest = prompt_body(
            action="continue",
            messages=None,
            parent_message_id=first["id"],
            history_and_training_disabled=False,
        )
        assert await talk.ask(rest) == "two."
        assert talk.last["metadata"]["parent_id"] == first["id"]
        await talk.go_on("and?")
    assert backend.requests[1].purpose is Purpose.CONTINUE
    assert backend.requests[1].messages[-1] == ContextMessage("assistant", "one, ")
    assert backend.requests[2].messages[1:] == (
        ContextMessage("assistant", "one, two."),
        ContextMessage("user", "and?"),
    )


async def test_a_prompt_that_was_edited_begins_a_branch(
    talk: Talk, backend: ScriptedBackend
) -> None:
    await talk.ask(body("one", parent_message_id="root"))
    await talk.go_on("two")
    await talk.ask(body("uno", parent_message_id="root"))
    assert backend.requests[2].messages == (ContextMessage("user", "uno"),)
    stored = await talk.stored()
    assert thread(stored) == ["user: uno", "assistant: reply 3"]
    assert len(stored["mapping"]["root"]["children"]) == 2
    assert len(stored["mapping"]) == 7


async def test_who_names_no_parent_goes_on_at_the_end(talk: Talk, backend: ScriptedBackend) -> None:
    await talk.ask(body("one"))
    await talk.ask(body("two", parent_message_id=None))
    assert len(backend.requests[1].messages) == 3


async def test_several_messages_at_once_are_kept_one_below_the_other(talk: Talk) -> None:
    asked = [
        {"role": "system", "content": {"parts": ["Be kind."]}},
        {"id": "U", "role": "user", "content": {"parts": ["Hi"]}},
    ]
    await talk.ask(body("", messages=asked))
    assert thread(await talk.stored()) == ["system: Be kind.", "user: Hi", "assistant: reply 1"]


async def test_a_reply_without_end_ends_as_too_long_and_is_kept(serve: Serve) -> None:
    backend = backend_of(repeat(TextDelta("x" * 40_000), 10_000), said("more"))
    async with signed_in(serve(backend=backend)) as client:
        talk = Talk(client)
        assert len(await talk.ask(body("Hi"))) == MAX_REPLY
        assert talk.last["metadata"]["finish_details"] == {"type": "max_tokens"}
        assert len(thread(await talk.stored())[-1]) == len("assistant: ") + MAX_REPLY
        assert backend.playing == 0


async def test_a_large_conversation_is_sent_in_pieces_that_let_others_go_on(
    serve: Serve,
) -> None:
    host = serve(said("Hello"))
    asked = [{"role": "user", "content": {"parts": ["x" * 2_000]}} for _ in range(900)]
    async with signed_in(host) as client:
        talk = Talk(client)
        await talk.ask(body("", messages=asked))
        client.headers["Connection"] = "close"
        request = client.build_request("GET", f"/api/conversation/{talk.id}")
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        target = request.url.raw_path.decode()
        reader, writer = await asyncio.open_connection(request.url.host, request.url.port)
        writer.write(f"GET {target} HTTP/1.1\r\n{head}\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        pieces = []
        while size := int(await reader.readline(), 16):
            pieces.append((await reader.readexactly(size + 2))[:-2])
        writer.close()
    assert len(json.loads(b"".join(pieces))["mapping"]) == 902
    assert len(pieces) > 20
    assert max(map(len, pieces)) < 100_000


@pytest.mark.parametrize("own", ["root", "P"])
async def test_a_prompt_with_the_id_of_another_message_gets_a_new_one(
    talk: Talk, backend: ScriptedBackend, own: str
) -> None:
    def asked(text: str, parent: str) -> dict[str, object]:
        message = {"id": own, "role": "user", "content": {"parts": [text]}}
        return body("", messages=[message], parent_message_id=parent)

    await talk.ask(asked("one", "root"))
    await talk.ask(asked("two", talk.last["id"]))
    assert [message.text for message in backend.requests[1].messages] == ["one", "reply 1", "two"]
    assert len((await talk.stored())["mapping"]) == 5


async def test_a_reply_whose_client_left_is_kept_as_far_as_it_came(serve: Serve) -> None:
    backend = backend_of((TextDelta("so far"), Gate()), said("more"))
    async with signed_in(serve(backend=backend)) as client:
        talk = Talk(client)
        async with client.stream("POST", "/api/conversation", json=body("go")) as response:
            async for event in messages(response):
                talk.id = str(event["conversation_id"])
                if "so far" in str(event):
                    break
            stored = await talk.stored()
            assert stored["mapping"][stored["current_node"]]["message"]["status"] == "in_progress"
        await until(lambda: backend.playing == 0)
        stored = await talk.stored()
        reply = stored["mapping"][stored["current_node"]]["message"]
        assert reply["content"]["parts"] == ["so far"]
        assert reply["status"] == "finished_partial_completion"
        assert reply["metadata"]["finish_details"] == {"type": "interrupted"}
        talk.last = reply
        await talk.go_on("and?")
    assert backend.requests[1].messages[1] == ContextMessage("assistant", "so far")


async def test_a_reply_that_broke_off_is_kept_as_far_as_it_came(serve: Serve) -> None:
    script = (TextDelta("so fur"), TextReplaced(4, "ar"), Unreachable("Down."))
    async with signed_in(serve(script)) as client:
        talk = Talk(client)
        await talk.ask(body("go"))
        assert thread(await talk.stored()) == ["user: go", "assistant: so far"]


async def test_a_prompt_that_was_refused_leaves_no_trace(serve: Serve) -> None:
    async with signed_in(serve((Unreachable("Down."),), said("up"))) as client:
        asked = body("go")
        assert (await client.post("/api/conversation", json=asked)).status_code == 504
        assert (await client.get("/api/conversations")).json()["total"] == 0
        assert await Talk(client).ask(asked) == "up"


async def test_without_history_nothing_is_kept_and_a_follow_up_is_told_so(talk: Talk) -> None:
    await talk.ask(prompt_body("secret"))
    assert (await talk.client.get("/api/conversations")).json()["items"] == []
    for disabled, code in (
        (True, "history_disabled_conversation_not_found"),
        (False, "conversation_not_found"),
    ):
        changes = {"conversation_id": talk.id, "history_and_training_disabled": disabled}
        response = await talk.client.post("/api/conversation", json=body("more", **changes))
        assert (response.status_code, response.json()["detail"]["code"]) == (404, code)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"parent_message_id": "unheard-of"}, 404),
        ({"conversation_id": "unheard-of"}, 404),
        ({"action": "continue", "messages": None, "parent_message_id": "root"}, 422),
    ],
)
async def test_a_place_that_is_not_there_is_refused(
    talk: Talk, changes: dict[str, object], status: int
) -> None:
    await talk.ask(body("one", parent_message_id="root"))
    asked = body("two", **{"conversation_id": talk.id, **changes})
    response = await talk.client.post("/api/conversation", json=asked)
    assert response.status_code == status


async def listed(client: httpx.AsyncClient, **query: object) -> list[str]:
    response = await client.get("/api/conversations", params={k: str(v) for k, v in query.items()})
    return [item["title"] for item in response.json()["items"]]


async def titled(client: httpx.AsyncClient, title: str) -> Talk:
    talk = Talk(client)
    await talk.ask(body("x"))
    await client.patch(f"/api/conversation/{talk.id}", json={"title": title})
    return talk


async def test_conversations_are_listed_the_newest_first_in_pages(
    client: httpx.AsyncClient,
) -> None:
    first, *_ = [await titled(client, title) for title in "abcde"]
    assert await listed(client) == list("edcba")
    await first.go_on("more")
    assert await listed(client) == list("aedcb")
    assert await listed(client, order="created") == list("edcba")
    assert await listed(client, offset=1, limit=2) == ["e", "d"]
    assert await listed(client, offset=9) == []
    page = (await client.get("/api/conversations?offset=3&limit=7")).json()
    assert (page["total"], page["offset"], page["limit"]) == (5, 3, 7)
    assert page["items"][0].keys() >= {"id", "title", "create_time", "update_time", "mapping"}


@pytest.mark.parametrize("query", ["limit=x", "offset=-1", "limit=1e3", "limit=²", "limit="])
async def test_a_page_that_cannot_be_is_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/api/conversations?{query}")
    assert response.status_code == 422
    assert response.json()["detail"][0]["msg"] == "a number is required"


async def test_a_conversation_can_be_named_and_forgotten(talk: Talk) -> None:
    await talk.ask(body("one"))
    address = f"/api/conversation/{talk.id}"
    assert (await talk.stored())["title"] == "New chat"
    for method, title in (("PATCH", "Grüße"), ("PUT", " two ")):
        response = await talk.client.request(method, address, json={"title": title})
        assert response.json() == {"success": True}
        assert (await talk.stored())["title"] == title.strip()
    for wrong in ({"title": 5}, {"title": " "}, {}, []):
        assert (await talk.client.patch(address, json=wrong)).status_code == 422
    response = await talk.client.patch(address, json={"is_visible": False})
    assert response.json() == {"success": True}
    response = await talk.client.get(address)
    assert response.status_code == 404
    assert response.json() == {"detail": f"Can't load conversation {talk.id}"}


async def test_a_conversation_that_is_forgotten_while_it_is_answered_stays_so(
    serve: Serve,
) -> None:
    gate = Gate()
    async with signed_in(serve((TextDelta("x"), gate, ReplyEnded()))) as client:
        async with client.stream("POST", "/api/conversation", json=body("go")) as response:
            async for event in messages(response):
                if '"x"' in str(event).replace("'", '"'):
                    await client.patch("/api/conversations", json={"is_visible": False})
                    gate.open()
        assert await listed(client) == []


async def test_all_conversations_can_be_forgotten_at_once(client: httpx.AsyncClient) -> None:
    await titled(client, "a")
    assert (await client.patch("/api/conversations", json={})).status_code == 422
    response = await client.patch("/api/conversations", json={"is_visible": False})
    assert response.json() == {"success": True}
    assert await listed(client) == []


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("  What is\n a monad? ", "What is a monad?"),
        ("word " * 20, "word word word word word word word word…"),
        ("x" * 80, "x" * 40 + "…"),
        ("", "New chat"),
    ],
)
async def test_a_title_is_made_of_the_first_prompt_and_only_once(
    talk: Talk, prompt: str, title: str
) -> None:
    await talk.ask(body(prompt))
    address = f"/api/conversation/gen_title/{talk.id}"
    asked = {"message_id": talk.last["id"]}
    assert (await talk.client.post(address, json=asked)).json() == {"title": title}
    assert (await talk.stored())["title"] == title
    again = (await talk.client.post(address, json=asked)).json()
    assert again["title"] == title
    if prompt:
        assert title in again["message"]


async def test_a_title_that_the_backend_suggests_is_taken(serve: Serve) -> None:
    script = (TextDelta("x"), TitleSuggested("About x"), ReplyEnded())
    async with signed_in(serve(script)) as client:
        talk = Talk(client)
        await talk.ask(body("go"))
        assert (await talk.stored())["title"] == "About x"
        asked = {"message_id": talk.last["id"]}
        made = await client.post(f"/api/conversation/gen_title/{talk.id}", json=asked)
        assert made.json()["title"] == "About x"


async def test_other_passwords_see_nothing_and_the_same_one_sees_all_again(
    client: httpx.AsyncClient, talk: Talk
) -> None:
    await talk.ask(body("mine"))
    mine = client.headers["X-Authorization"]
    account = (await client.get("/api/loads")).json()["loads"][0]["token_id"]
    form = {"token_key": account, "session_password": "another1password"}
    await client.post("/auth/login", data=form)
    client.headers["X-Authorization"] = client.cookies["credential"]
    assert await listed(client) == []
    assert (await client.get(f"/api/conversation/{talk.id}")).status_code == 404
    asked = body("mine?", conversation_id=talk.id)
    assert (await client.post("/api/conversation", json=asked)).status_code == 404
    client.headers["X-Authorization"] = f"Bearer {await token_of(client)}"
    assert client.headers["X-Authorization"] != mine
    assert len(await listed(client)) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/conversations"),
        ("PATCH", "/api/conversations"),
        ("GET", "/api/conversation/c"),
        ("PATCH", "/api/conversation/c"),
        ("POST", "/api/conversation/gen_title/c"),
        ("GET", "/api/accounts/check/v4-2023-04-27"),
        ("GET", "/api/conversation_limit"),
    ],
)
async def test_nothing_is_served_without_a_token(serve: Serve, method: str, path: str) -> None:
    async with calling(serve()) as client:
        response = await client.request(method, path)
    assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})


async def test_one_session_gets_one_reply_at_a_time_where_that_is_wanted(serve: Serve) -> None:
    gate = Gate()
    script = (TextDelta("x"), gate, ReplyEnded())
    host = serve(script, said("y"), one_at_a_time=True)
    async with signed_in(host) as client:
        async with asking(client) as response:
            assert response.status_code == 200
            second = await client.post("/api/conversation", json=prompt_body())
            assert second.status_code == 429
            assert second.json()["detail"].startswith("Only one message at a time")
            gate.open()
            await response.aread()
        assert (await client.post("/api/conversation", json=prompt_body())).status_code == 200


async def test_account_and_limits_are_told_in_the_known_shapes(
    client: httpx.AsyncClient,
) -> None:
    account = (await client.get("/api/accounts/check/v4-2023-04-27")).json()
    assert account["accounts"]["default"]["account"]["account_id"]
    for path in ("/api/conversation_limit", "/public-api/conversation_limit"):
        limit = (await client.get(path)).json()
        assert limit.keys() >= {"message_cap", "message_cap_window", "message_disclaimer"}


async def test_a_picture_goes_to_the_service_once_and_is_named_after_that(
    talk: Talk, backend: ScriptedBackend
) -> None:
    data = png(4, 3)
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    picture = {"type": "image_url", "image_url": {"url": url}}
    asked: Any = body("x", parent_message_id="root")
    asked["messages"][0]["content"]["parts"] = ["Look: ", picture]
    await talk.ask(asked)
    (message,) = backend.requests[0].messages
    span, part = message.parts
    assert (message.text, span) == ("Look: ", TextSpan(6))
    assert isinstance(part, ImagePart)
    assert backend.requests[0].read_blob(part.blob.digest) == data
    await talk.go_on("Sure?")
    named = ContextMessage("user", "Look: [picture: no name]")
    assert backend.requests[1].messages[0] == named
    assert thread(await talk.stored())[0] == f"user: {named.text}"


@pytest.mark.parametrize(
    ("piece", "problem"),
    [
        ({"asset_pointer": "file-service://file-1"}, "names an upload, and none are kept"),
        ({"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}}, "as data: URLs"),
    ],
)
async def test_what_is_no_picture_is_refused_with_a_sentence(
    client: httpx.AsyncClient, backend: ScriptedBackend, piece: object, problem: str
) -> None:
    asked: Any = body("x")
    asked["messages"][0]["content"]["parts"] = [piece]
    response = await client.post("/api/conversation", json=asked)
    assert response.status_code == 422
    (detail,) = response.json()["detail"]
    assert problem in detail["msg"]
    assert detail["loc"] == ["body", "messages", 0, "content", "parts"]
    assert not backend.requests
