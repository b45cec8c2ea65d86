"""The program with a service of the OpenAI protocol, which is a real server in these tests."""

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from tests.cli.program import COMMAND, Home
from tests.fault_server import FaultServer, Step
from tests.openai_server import (
    CHAT,
    DONE,
    KEY,
    MODELS,
    end,
    lists,
    openai_server,
    refuses,
    replies,
    says,
    stream,
)
from tests.terminal import Terminal


@contextmanager
def serving(*steps: Step, models: Sequence[Step] = ()) -> Iterator[FaultServer]:
    """A server in a thread of its own, as long as the block runs; it lists one model or these."""

    async def serve() -> None:
        async with FaultServer() if models else openai_server() as server:
            server.script(CHAT, *steps)
            if models:
                server.script(MODELS, *models)
            started.append(server)
            ready.set()
            await asyncio.wrap_future(over)

    over: Future[None] = Future()
    started: list[FaultServer] = []
    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield started[0]
    finally:
        over.set_result(None)
        thread.join(10)


def use(home: Home, server: FaultServer, model: str = "model-1") -> None:
    home.environment["TEST_KEY"] = KEY
    named = f'model = "{model}"\n' if model else ""
    home.configure(
        'service = "models"\n[services.models]\nkind = "openai"\nkey_env = "TEST_KEY"\n'
        f'url = "{server.url}"\n{named}'
    )


def test_a_question_is_answered_by_the_service(home: Home) -> None:
    with serving(*replies("from ", "a model")) as server:
        use(home, server)
        done = home.run("ask", "Hi")
        (exchange,) = server.asked(CHAT)
    assert (done.returncode, done.stdout) == (0, "from a model\n")
    assert exchange.headers["authorization"] == f"Bearer {KEY}"


def test_what_is_set_for_one_call_is_sent_over_the_preset(home: Home, tmp_path: Path) -> None:
    schema = tmp_path / "plan.json"
    schema.write_text('{"type": "object"}')
    with serving(*replies("{}")) as server:
        use(home, server)
        home.configure(
            home.config.read_text()
            + '[presets.p]\nsystem_prompt = "Be kind."\ntop_p = 0.5\nseed = 1\n'
        )
        options = (
            "--preset",
            "p",
            "--set",
            "seed=2",
            "--set",
            "extra.a.b=true",
            "--set",
            "effort=low",
        )
        done = home.run("ask", *options, "--schema", str(schema), "Hi")
        (exchange,) = server.asked(CHAT)
    assert (done.returncode, done.stdout) == (0, "{}\n")
    body = exchange.json
    assert isinstance(body, dict)
    assert body["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (body["top_p"], body["seed"], body["a"]) == (0.5, 2, {"b": True})
    assert body["reasoning_effort"] == "low"
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_a_setting_that_cannot_be_used_is_told_before_anything_is_sent(home: Home) -> None:
    done = home.run("ask", "--set", "warmth=1", "Hi")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--set takes key=value, with a key of temperature" in done.stderr
    assert home.run("ask", "--preset", "none", "Hi").returncode == 2


def test_a_refusal_is_told_without_the_key(home: Home) -> None:
    with serving(*refuses(401, f"Incorrect API key provided: {KEY}.")) as server:
        use(home, server)
        done = home.run("ask", "Hi")
    assert done.returncode == 3
    assert "does not accept the key" in done.stderr
    assert KEY not in done.stderr + done.stdout


def test_other_programs_are_served_through_it(home: Home) -> None:
    with serving(*replies("from a model")) as server:
        use(home, server)
        with home.started("serve", "--service", "models") as process:
            assert process.stdout is not None
            home.use_service(process.stdout.readline().decode().strip())
            done = home.run("ask", "--model", "text-davinci-002-render-sha", "Hi")
        body = json.loads(server.asked(CHAT)[0].body)
    assert (done.returncode, done.stdout) == (0, "from a model\n")
    assert body["model"] == "model-1"
    assert body["messages"] == [{"role": "user", "content": "Hi"}]


def test_the_embedded_host_answers_through_it(home: Home) -> None:
    with serving(*replies("from a model")) as server:
        use(home, server)
        home.configure(home.config.read_text() + '[services.embedded]\nupstream = "models"\n')
        done = home.run("ask", "--service", "embedded", "Hi")
    assert (done.returncode, done.stdout) == (0, "from a model\n")


def test_nothing_of_the_key_is_left_on_disk(home: Home) -> None:
    with serving(*replies("from a model")) as server:
        use(home, server)
        assert home.run("ask", "Hi").returncode == 0
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_the_screen_shows_who_answers_and_the_reply(home: Home) -> None:
    with serving(*replies("from ", "a model")) as server:
        use(home, server)
        with Terminal([*COMMAND], env=home.environment, size=(100, 30)) as terminal:
            terminal.wait_for("models answers")
            terminal.type("Hi")
            terminal.press("enter")
            terminal.wait_for("from a model")
            terminal.press("ctrl+q")
            assert terminal.wait() == 0


def test_what_is_known_of_a_model_is_listed(home: Home) -> None:
    details = {"parameter_size": "7B", "family": "llama"}
    listed = lists({"id": "model-1", "max_model_len": 8192, "details": details})
    with serving(*replies("x"), models=listed) as server:
        use(home, server)
        done = home.run("models")
    assert done.stdout == "model-1  8,192 tokens, 7B, llama\n"


def test_a_dry_run_prints_the_request_and_sends_nothing(home: Home) -> None:
    with serving(*replies("x")) as server:
        use(home, server)
        done = home.run("ask", "--dry-run", "--set", "temperature=0.5", "Hi there")
        document = home.run("ask", "--dry-run", "--json", "Hi there")
        assert server.asked(CHAT) == []
    assert done.returncode == 0, done.stderr
    assert f"POST {server.url}{CHAT}" in done.stdout
    assert '"temperature": 0.5' in done.stdout
    assert "Hi there" in done.stdout
    assert "tokens" in done.stdout
    assert KEY not in done.stdout
    assert json.loads(document.stdout)["body"]["messages"][0]["content"] == "Hi there"
    assert not home.data.exists()


def test_a_command_for_curl_works_and_holds_no_key(home: Home) -> None:
    with serving(*replies("from ", "a model")) as server:
        use(home, server)
        done = home.run("ask", "--dry-run", "--curl", "Hi")
        assert KEY not in done.stdout
        assert "$TEST_KEY" in done.stdout
        environment = {"PATH": "/usr/bin:/bin", "TEST_KEY": KEY}
        pasted = subprocess.run(
            ["bash", "-c", done.stdout], env=environment, capture_output=True, check=True
        )
        (exchange,) = server.asked(CHAT)
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert b"a model" in pasted.stdout


def test_curl_alone_is_refused(home: Home) -> None:
    done = home.run("ask", "--curl", "Hi")
    assert done.returncode == 2
    assert "--dry-run" in done.stderr


def test_reasoning_that_never_ends_is_printed_as_there_is_nothing_else(home: Home) -> None:
    with serving(*stream(says("<think>All of it"), end(), DONE)) as server:
        use(home, server)
        done = home.run("ask", "Hi")
        document = json.loads(home.run("ask", "--json", "Hi").stdout)
        plain = home.run("--plain", stdin="Hi\n/quit\n")
    assert (done.returncode, done.stdout) == (0, "All of it\n")
    assert "no answer" in done.stderr
    assert (document["reply"], document["reasoning"]) == ("", "All of it")
    assert "only reasoning:)\nAll of it" in plain.stdout


def test_the_model_that_the_service_chose_is_told_and_kept(home: Home) -> None:
    listed = lists({"id": "first-of-all"}, {"id": "second"})
    with serving(*replies("Hi"), models=listed) as server:
        use(home, server, model="")
        document = json.loads(home.run("ask", "--json", "Hi").stdout)
    assert document["model"] == "first-of-all"
    with home.store() as store:
        (conversation,) = store.conversations()
        assert store.path(conversation.id)[-1].model == "first-of-all"
