"""The program with a service of the OpenAI protocol, which is a real server in these tests."""

import asyncio
import json
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import httpx

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
    usage,
)
from tests.patience import PATIENCE
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
        assert ready.wait(PATIENCE)
        yield started[0]
    finally:
        over.set_result(None)
        thread.join(PATIENCE)


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
        done = home.invoke("ask", "Hi")
        (exchange,) = server.asked(CHAT)
    assert (done.exit_code, done.stdout) == (0, "from a model\n")
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
        done = home.invoke("ask", *options, "--schema", str(schema), "Hi")
        (exchange,) = server.asked(CHAT)
    assert (done.exit_code, done.stdout) == (0, "{}\n")
    body = exchange.json
    assert isinstance(body, dict)
    assert body["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (body["top_p"], body["seed"], body["a"]) == (0.5, 2, {"b": True})
    assert body["reasoning_effort"] == "low"
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_usage_is_summed_and_a_budget_is_kept(home: Home) -> None:
    counted = stream(says("Hi"), end(), usage(1_000_000, 10), DONE)
    with serving(*counted) as server:
        use(home, server)
        price = f'monthly_budget = 1.5\n{home.config.read_text()}[[prices]]\nmodel = "model-*"\n'
        home.configure(f"{price}input = 1\noutput = 2\n")
        assert home.invoke("ask", "Hi").exit_code == 0
        assert home.invoke("ask", "--no-store", "Hi").exit_code == 0
        refused = home.invoke("ask", "--no-store", "Hi")
        assert home.invoke("ask", "--over-budget", "Hi").exit_code == 0
        assert len(server.asked(CHAT)) == 3
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "The budget of $1.50 a month would be passed: ≈ $2.00 was spent" in refused.stderr
    assert refused.stderr.endswith(" --over-budget sends it all the same.\n")
    by_model = home.invoke("usage", "--by", "model").stdout
    assert by_model == (
        "models model-1  3 replies  3,000,000 + 30 tokens  ≈ $3.00 (prices of config.toml)\n"
    )
    (row,) = json.loads(home.invoke("usage", "--json").stdout)["rows"]
    assert (row["replies"], row["dollars"], row["is_least"]) == (3, "3.00006", False)
    with home.store() as store:
        assert len(store.conversations()) == 2
        (unkept,) = [each for each in store.spending() if each.purpose == "temporary"]
    assert (unkept.conversation_id, unkept.title) == ("", "")


def test_a_host_keeps_to_the_budget_and_counts_what_it_spends(home: Home) -> None:
    counted = stream(says("Hi"), end(), usage(1_000_000, 10), DONE)
    with serving(*counted) as server:
        use(home, server)
        price = f'monthly_budget = 0.5\n{home.config.read_text()}[[prices]]\nmodel = "model-*"\n'
        home.configure(f"{price}input = 1\noutput = 2\n")
        with home.started("serve") as process:
            assert process.stdout is not None
            url = process.stdout.readline().decode().strip()
            body = {"model": "model-1", "messages": [{"role": "user", "content": "Hi"}]}
            answers = [httpx.post(f"{url}/v1/chat/completions", json=body) for _ in range(2)]
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        assert len(server.asked(CHAT)) == 1
    assert answers[0].json()["choices"][0]["message"]["content"] == "Hi"
    assert answers[1].status_code >= 400
    assert "The budget of $0.5000 a month would be passed" in answers[1].text
    assert "replies for others  1 reply" in home.invoke("usage", "--by", "conversation").stdout


def test_a_reply_without_a_price_is_no_zero(home: Home) -> None:
    with serving(*replies("Hi")) as server:
        use(home, server)
        home.invoke("ask", "Hi")
    assert home.invoke("usage").stdout.endswith("1 reply  0 + 0 tokens  free\n")
    home.configure(home.config.read_text().replace("127.0.0.1", "models.example.org"))
    assert home.invoke("usage").stdout.endswith("1 reply  0 + 0 tokens  price unknown\n")
    (row,) = json.loads(home.invoke("usage", "--json").stdout)["rows"]
    assert (row["dollars"], row["replies_without_price"]) == (None, 1)


def test_a_setting_that_cannot_be_used_is_told_before_anything_is_sent(home: Home) -> None:
    done = home.invoke("ask", "--set", "warmth=1", "Hi")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--set takes key=value, with a key of temperature" in done.stderr
    assert home.invoke("ask", "--preset", "none", "Hi").exit_code == 2


def test_a_refusal_is_told_without_the_key(home: Home) -> None:
    with serving(*refuses(401, f"Incorrect API key provided: {KEY}.")) as server:
        use(home, server)
        done = home.invoke("ask", "Hi")
    assert done.exit_code == 3
    assert "does not accept the key" in done.stderr
    assert KEY not in done.stderr + done.stdout


def test_other_programs_are_served_through_it(home: Home) -> None:
    with serving(*replies("from a model")) as server:
        use(home, server)
        with home.started("serve", "--service", "models") as process:
            assert process.stdout is not None
            home.use_service(process.stdout.readline().decode().strip())
            done = home.invoke("ask", "--model", "text-davinci-002-render-sha", "Hi")
        body = json.loads(server.asked(CHAT)[0].body)
    assert (done.exit_code, done.stdout) == (0, "from a model\n")
    assert body["model"] == "model-1"
    assert body["messages"] == [{"role": "user", "content": "Hi"}]


def test_the_embedded_host_answers_through_it(home: Home) -> None:
    with serving(*replies("from a model")) as server:
        use(home, server)
        home.configure(home.config.read_text() + '[services.embedded]\nupstream = "models"\n')
        done = home.invoke("ask", "--service", "embedded", "Hi")
    assert (done.exit_code, done.stdout) == (0, "from a model\n")


def test_nothing_of_the_key_is_left_on_disk(home: Home) -> None:
    with serving(*replies("from a model")) as server:
        use(home, server)
        assert home.invoke("ask", "Hi").exit_code == 0
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
        done = home.invoke("models")
    assert done.stdout == "model-1  8,192 tokens, 7B, llama\n"


def test_a_dry_run_prints_the_request_and_sends_nothing(home: Home) -> None:
    with serving(*replies("x")) as server:
        use(home, server)
        done = home.invoke("ask", "--dry-run", "--set", "temperature=0.5", "Hi there")
        document = home.invoke("ask", "--dry-run", "--json", "Hi there")
        assert server.asked(CHAT) == []
    assert done.exit_code == 0, done.stderr
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
        done = home.invoke("ask", "--dry-run", "--curl", "Hi")
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
    done = home.invoke("ask", "--curl", "Hi")
    assert done.exit_code == 2
    assert "--dry-run" in done.stderr


def test_reasoning_that_never_ends_is_printed_as_there_is_nothing_else(home: Home) -> None:
    with serving(*stream(says("<think>All of it"), end(), DONE)) as server:
        use(home, server)
        done = home.invoke("ask", "Hi")
        document = json.loads(home.invoke("ask", "--json", "Hi").stdout)
        plain = home.invoke("--plain", stdin="Hi\n/quit\n")
    assert (done.exit_code, done.stdout) == (0, "All of it\n")
    assert "no answer" in done.stderr
    assert (document["reply"], document["reasoning"]) == ("", "All of it")
    assert "only reasoning:)\nAll of it" in plain.stdout


def test_the_model_that_the_service_chose_is_told_and_kept(home: Home) -> None:
    listed = lists({"id": "first-of-all"}, {"id": "second"})
    with serving(*replies("Hi"), models=listed) as server:
        use(home, server, model="")
        document = json.loads(home.invoke("ask", "--json", "Hi").stdout)
    assert document["model"] == "first-of-all"
    with home.store() as store:
        (conversation,) = store.conversations()
        assert store.path(conversation.id)[-1].model == "first-of-all"
