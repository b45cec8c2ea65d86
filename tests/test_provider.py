"""`FakeGpt` as programs use it that were written against the original."""

import asyncio
import gc
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from fakegpt_tui import FakeGpt
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import (
    BadReply,
    ConfigError,
    LoginRefused,
    ReplyCut,
    ReplyEnded,
    TextDelta,
    TextReplaced,
    Unreachable,
)
from fakegpt_tui.host.server import HostServer
from tests.fault_server import (
    DONE,
    LAST_CHUNK,
    Close,
    FaultServer,
    Send,
    Stall,
    chunk,
    json_reply,
    message_event,
    stream,
    stream_head,
)
from tests.patience import PATIENCE

CHAT = "/api/conversation"
HELLO = [{"role": "user", "content": "Hello?"}]


@pytest.fixture
def fresh() -> type[FakeGpt]:
    """The class as it is before its first call."""
    return type("FakeGpt", (FakeGpt,), {})


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.sign_in()
        yield server


async def pieces(fresh: type[FakeGpt], url: str, **options: Any) -> list[str]:
    made = fresh.create_async_generator("", HELLO, base_url=url, **options)
    async with aclosing(made):
        return [piece async for piece in made]


def test_it_has_the_attributes_of_its_kind() -> None:
    assert FakeGpt.url.startswith("https://")
    assert FakeGpt.supports_gpt_35_turbo
    assert FakeGpt.supports_stream
    assert FakeGpt.working


async def test_text_comes_in_pieces(fresh: type[FakeGpt], server: FaultServer) -> None:
    server.script(CHAT, *stream("Hel", "Hello"))
    assert await pieces(fresh, server.url) == ["Hel", "lo"]


async def test_it_takes_what_its_ancestors_took(fresh: type[FakeGpt], server: FaultServer) -> None:
    server.script(CHAT, *stream("Hello"))
    made = fresh.create_async_generator(
        model="gpt-3.5-turbo",
        messages=[*HELLO, {"role": "assistant", "content": "Yes."}, *HELLO],
        proxy="http://127.0.0.1:9",
        stream=True,
        timeout=60,
        base_url=server.url,
        temperature=0.5,
    )
    assert [piece async for piece in made] == ["Hello"]
    body = (await server.arrived(CHAT)).json
    assert isinstance(body, dict)
    assert body["model"] == "text-davinci-002-render-sha"
    assert body["messages"][0]["content"]["parts"] == [
        "User: Hello?\nAssistant: Yes.\nUser: Hello?\nAssistant:"
    ]


async def test_the_token_is_on_the_class_and_used_again(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, *stream("Hello"))
    assert fresh._access_token is None  # noqa: SLF001 - part of what callers may use
    assert fresh._cookie_jar is None  # noqa: SLF001
    await pieces(fresh, server.url)
    assert fresh._access_token == "token-of-nobody"  # noqa: SLF001
    assert isinstance(fresh._cookie_jar, httpx.Cookies)  # noqa: SLF001
    assert fresh._cookie_jar["credential"] == "token-of-nobody"  # noqa: SLF001
    await pieces(fresh, f"{server.url}/")
    assert len(server.asked("/auth/login")) == 1
    fresh._access_token = None  # noqa: SLF001
    await pieces(fresh, server.url)
    assert len(server.asked("/auth/login")) == 2


async def test_a_token_that_a_caller_has_set_is_used_without_a_login(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, *stream("Hello"))
    server.script(CHAT, Send(json_reply({"detail": {"code": "token_expired"}}, status=401)))
    server.script(CHAT, *stream("Hello"))
    fresh._access_token = "mine"  # noqa: SLF001
    assert await pieces(fresh, server.url) == ["Hello"]
    assert server.asked("/auth/login") == []
    assert await pieces(fresh, server.url) == ["Hello"]
    assert await pieces(fresh, server.url) == ["Hello"]
    tokens = [asked.headers["x-authorization"] for asked in server.asked(CHAT)]
    ours = "Bearer token-of-nobody"
    assert tokens == ["Bearer mine", "Bearer mine", ours, ours]


def test_a_generator_from_outside_of_a_loop_says_so_inside_of_one(fresh: type[FakeGpt]) -> None:
    made = fresh.create_completion("", [{"content": "Hi"}], base_url="http://x.invalid")

    async def take() -> None:
        next(made)

    with pytest.raises(RuntimeError, match="while an event loop is running"):
        asyncio.run(take())


IN_A_NOTEBOOK = """
import asyncio, sys
import nest_asyncio
from fakegpt_tui import FakeGpt

nest_asyncio.apply()

async def cell():
    beside = asyncio.create_task(asyncio.sleep(0, "beside"))
    made = FakeGpt.create_completion("", [{"content": "Hi"}], base_url=sys.argv[1])
    print("".join(made), await beside)

async def left():
    made = FakeGpt.create_completion("", [{"content": "Hi"}], base_url=sys.argv[1])
    print(next(made)[:3])
    made.close()

asyncio.run(cell())
asyncio.run(left())
"""


async def test_notebooks_iterate_inside_of_their_loop(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hel", "Hello"))
    python = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", IN_A_NOTEBOOK, server.url), stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(PATIENCE):
        out, errors = await python.communicate()
    assert (out.decode(), errors.decode()) == ("Hello beside\nHel\n", "")


async def test_messages_of_every_kind_of_caller_are_taken(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, *stream("Hello"))
    messages = [
        {"role": "assistant", "content": None},
        {"content": "no role"},
        {"role": "user", "content": [{"text": "in"}, {"type": "text", "text": "parts"}]},
    ]
    made = fresh.create_async_generator("", messages, base_url=server.url)
    assert [piece async for piece in made] == ["Hello"]
    body = (await server.arrived(CHAT)).json
    assert isinstance(body, dict)
    (said,) = body["messages"][0]["content"]["parts"]
    assert "User: no role" in said
    assert "User: in\nparts" in said


def test_the_class_tells_what_callers_look_for() -> None:
    assert (FakeGpt.needs_auth, FakeGpt.supports_gpt_4) == (False, False)
    assert FakeGpt.supports_message_history


async def test_parallel_first_calls_sign_in_once(fresh: type[FakeGpt], server: FaultServer) -> None:
    server.script(CHAT, *stream("Hello"))
    replies = await asyncio.gather(*(pieces(fresh, server.url) for _ in range(8)))
    assert replies == [["Hello"]] * 8
    assert len(server.asked("/auth/login")) == 1


async def test_nothing_is_a_runtime_error_with_its_reason(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, Send(json_reply({"detail": "Unusual activity."})))
    with pytest.raises(RuntimeError, match=r"^No valid response: .*Unusual activity") as caught:
        await pieces(fresh, server.url)
    assert "Unusual activity." in str(caught.value.__cause__)


async def test_a_reply_without_a_word_is_nothing(fresh: type[FakeGpt], server: FaultServer) -> None:
    empty = message_event("", status="finished_successfully")
    server.script(CHAT, Send(stream_head()), Send(chunk(empty + DONE)), Send(LAST_CHUNK))
    with pytest.raises(RuntimeError, match=r"^No valid response: ") as caught:
        await pieces(fresh, server.url)
    assert isinstance(caught.value.__cause__, BadReply)


async def test_a_token_that_died_is_replaced_and_the_prompt_answered(fresh: type[FakeGpt]) -> None:
    async with FaultServer() as server:
        server.script("/api/loads", Send(json_reply({"loads": [{"token_id": "a", "count": 0}]})))
        for token in ("old", "new"):
            cookie = {"Set-Cookie": f"credential={token}; Path=/"}
            server.script("/auth/login", Send(json_reply({}, headers=cookie)))
            server.script("/api/auth/session", Send(json_reply({"accessToken": token})))
        server.script(CHAT, *stream("Hello"))
        server.script(CHAT, Send(json_reply({"detail": {"code": "token_expired"}}, status=401)))
        server.script(CHAT, *stream("Hello again"))
        assert await pieces(fresh, server.url) == ["Hello"]
        assert await pieces(fresh, server.url) == ["Hello again"]
        tokens = [asked.headers["x-authorization"] for asked in server.asked(CHAT)]
    assert tokens == ["Bearer old", "Bearer old", "Bearer new"]
    assert fresh._access_token == "new"  # noqa: SLF001 - part of what callers may use


async def test_all_requests_of_a_service_that_is_elsewhere_go_through_the_proxy(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, *stream("Hello"))
    assert await pieces(fresh, "http://service.invalid", proxy=server.url) == ["Hello"]
    targets = [asked.target.partition("?")[0] for asked in server.exchanges]
    assert targets == [
        f"http://service.invalid{path}"
        for path in ("/api/loads", "/auth/login", "/api/auth/session", CHAT)
    ]


async def test_a_refused_login_is_nothing(fresh: type[FakeGpt]) -> None:
    async with FaultServer() as server:
        server.script("/api/loads", Send(json_reply({"loads": []})))
        with pytest.raises(RuntimeError, match=r"^No valid response: ") as caught:
            await pieces(fresh, server.url)
    assert isinstance(caught.value.__cause__, LoginRefused)


async def test_a_cut_reply_gives_its_text_and_then_the_reason(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Close())
    came = []
    with pytest.raises(RuntimeError) as caught:  # noqa: PT012 - what came before it counts
        async for piece in fresh.create_async_generator("", HELLO, base_url=server.url):
            came.append(piece)  # noqa: PERF401
    assert came == ["Hel"]
    assert isinstance(caught.value.__cause__, ReplyCut)
    assert str(caught.value) == str(caught.value.__cause__)


async def test_a_timeout_is_for_all_of_the_call(fresh: type[FakeGpt]) -> None:
    async with FaultServer() as server, asyncio.timeout(PATIENCE):
        server.script("/api/loads", Stall())
        with pytest.raises(RuntimeError) as caught:
            await pieces(fresh, server.url, timeout=0.2)
        assert isinstance(caught.value.__cause__, Unreachable)


async def test_breaking_out_of_the_loop_closes_the_connection(
    fresh: type[FakeGpt], server: FaultServer
) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Stall())
    async for _ in fresh.create_async_generator("", HELLO, base_url=server.url):
        break
    gc.collect()
    await server.idle()


async def test_what_cannot_be_used_is_said_at_once(fresh: type[FakeGpt]) -> None:
    with pytest.raises(ConfigError):
        await pieces(fresh, "nowhere")
    with pytest.raises(ValueError, match="message"):
        await fresh.create_async("", [], base_url="http://127.0.0.1:9")


REWRITES: dict[str, tuple[list[Step], list[str]]] = {
    "goes on": ([TextDelta("One"), TextReplaced(1, "ne two")], ["One", " two"]),
    "comes back": ([TextDelta("One"), TextReplaced(1, ""), TextDelta("ne two")], ["One", " two"]),
    "ends otherwise": (
        [TextDelta("Hello wrld"), TextReplaced(7, "orld"), TextDelta("!")],
        ["Hello wrld", "\n\nHello world!"],
    ),
}


@pytest.fixture
def hosted() -> Iterator[list[HostServer]]:
    hosts: list[HostServer] = []
    yield hosts
    for host in hosts:
        host.stop()


@pytest.mark.parametrize("name", REWRITES)
async def test_a_rewritten_reply_is_appended_to_or_said_again(
    fresh: type[FakeGpt], hosted: list[HostServer], name: str
) -> None:
    events, expected = REWRITES[name]
    host = HostServer(ScriptedBackend([*events, ReplyEnded()], [*events, ReplyEnded()]))
    hosted.append(host)
    url = host.start()
    # What came together is one piece.
    assert "".join(await pieces(fresh, url)) == "".join(expected)
    whole = await fresh.create_async("", HELLO, base_url=url)
    assert whole == ("Hello world!" if name == "ends otherwise" else "One two")


async def test_the_real_host_is_heard_while_it_speaks(
    fresh: type[FakeGpt], hosted: list[HostServer]
) -> None:
    gate = Gate()
    host = HostServer(ScriptedBackend([TextDelta("Hel"), gate, TextDelta("lo ✓"), ReplyEnded()]))
    hosted.append(host)
    url = host.start()
    made = fresh.create_async_generator("", HELLO, base_url=url)
    async with aclosing(made), asyncio.timeout(PATIENCE):
        assert await anext(made) == "Hel"
        gate.open()
        assert [piece async for piece in made] == ["lo ✓"]


def test_one_event_loop_after_another_will_do(
    fresh: type[FakeGpt], hosted: list[HostServer]
) -> None:
    script: list[Step] = [TextDelta("Hello"), ReplyEnded()]
    host = HostServer(ScriptedBackend(*[script] * 6))
    hosted.append(host)
    url = host.start()

    async def ask_twice() -> list[str]:
        asking = (fresh.create_async("", HELLO, base_url=url) for _ in range(2))
        return list(await asyncio.gather(*asking))

    tokens = set()
    for _ in range(3):
        assert asyncio.run(ask_twice()) == ["Hello", "Hello"]
        tokens.add(fresh._access_token)  # noqa: SLF001 - part of what callers may use
    assert len(tokens) == 1


def test_it_serves_code_that_is_not_asynchronous(
    fresh: type[FakeGpt], hosted: list[HostServer]
) -> None:
    script: list[Step] = [TextDelta("Hel"), TextDelta("lo"), ReplyEnded()]
    host = HostServer(ScriptedBackend(*[script] * 3))
    hosted.append(host)
    url = host.start()
    assert "".join(fresh.create_completion("", HELLO, base_url=url)) == "Hello"
    assert list(fresh.create_completion("", HELLO, stream=False, base_url=url)) == ["Hello"]
    for piece in fresh.create_completion("", HELLO, base_url=url):
        assert piece in ("Hel", "Hello")
        break
    gc.collect()


async def test_waiting_inside_an_event_loop_is_refused(fresh: type[FakeGpt]) -> None:
    with pytest.raises(RuntimeError, match="create_async_generator"):
        fresh.create_completion("", HELLO)
