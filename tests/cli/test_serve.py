"""`serve`: the first line, who can talk to it, and how it ends."""

import signal
import socket
import subprocess

import httpx
import pytest

from fakegpt_tui.backends.scenarios import SCENARIOS
from fakegpt_tui.domain import ReplyEnded, TextDelta
from tests.cli.program import COMMAND, Home, served
from tests.host.calls import prompt_body, token_of
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.terminal import Terminal


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().rstrip("\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_runs_until_it_is_interrupted(
    home: Home, number: signal.Signals
) -> None:
    with home.started("serve") as process:
        url = first_line(process)
        assert url.startswith("http://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert process.stdout.read() == b""


def test_a_person_reads_the_other_name_beside_its_address(home: Home) -> None:
    with Terminal([*COMMAND, "serve"], env=home.environment, size=(120, 10)) as terminal:
        terminal.wait_for("ctrl+c ends it")
        [address] = [line for line in terminal.screen if "http" in line]
    url = address.split(",")[0].strip()
    other = url.replace("127.0.0.1", "localhost")
    assert address.strip() == f"{url}, also at {other}"


def test_the_program_itself_can_talk_to_it(home: Home) -> None:
    with home.started("serve", "--secret-path") as process:
        home.use_service(first_line(process))
        done = home.run("ask", "Who are you?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "I am the **guide**" in done.stdout


def test_another_service_answers_through_it(home: Home) -> None:
    with served([TextDelta("from afar"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with home.started("serve", "--service", "home") as process:
            home.use_service(first_line(process))
            done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (0, "from afar\n")


def test_the_embedded_host_answers_through_its_upstream(home: Home) -> None:
    with served([TextDelta("from afar"), ReplyEnded()]) as (_, url):
        home.configure(
            '[services.embedded]\nupstream = "home"\n'
            f'[services.home]\nkind = "fakegpt"\nurl = "{url}"\n'
        )
        done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (0, "from afar\n")


def test_a_port_that_is_taken_is_told(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = home.run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert str(port) in done.stderr


def test_a_service_whose_key_is_not_there_is_told(home: Home) -> None:
    home.configure(
        '[services.o]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nkey_env = "NO_SUCH_KEY"'
    )
    for command in (("serve", "--service", "o"), ("ask", "--service", "o", "Hi")):
        done = home.run(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "The environment variable NO_SUCH_KEY holds no key." in done.stderr


def test_a_host_does_not_answer_through_itself(home: Home) -> None:
    port = free_port()
    home.use_service(f"http://localhost:{port}")
    done = home.run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert "would only ask itself" in done.stderr


def test_a_scenario_takes_the_place_of_an_answer(home: Home) -> None:
    with home.started("serve", "--scenario", "error-after-text") as process:
        home.use_service(first_line(process))
        done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout.strip()) == (1, "Hello,")
    assert "The model is overloaded." in done.stderr


def test_the_scenarios_are_listed_with_what_a_good_client_makes_of_them(home: Home) -> None:
    done = home.run("serve", "--scenario", "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)
    assert "crlf" in done.stdout
    assert all(" → " in line for line in lines)


def test_an_unknown_scenario_is_an_error(home: Home) -> None:
    done = home.run("serve", "--scenario", "earthquake")
    assert (done.returncode, done.stdout) == (2, "")
    assert "earthquake" in done.stderr
    assert "--scenario list" in done.stderr


def test_a_key_file_lets_tokens_outlive_the_host(home: Home) -> None:
    port = str(free_port())
    options = ("serve", "-s", "embedded", "--key-file", str(home.folder / "key"), "--port", port)
    with home.started(*options) as process:
        home.use_service(first_line(process))
        assert home.run("ask", "Hi").returncode == 0
        process.terminate()
        process.wait(PATIENCE)
    session = next(home.folder.rglob("*session*.json"))
    before = session.read_bytes()
    with home.started(*options) as process:
        first_line(process)
        assert home.run("ask", "Hi").returncode == 0
    assert session.read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_who_is_being_answered_is_told_that_it_ends(
    home: Home, number: signal.Signals
) -> None:
    with home.started("serve") as process:
        url = first_line(process)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            client.headers["X-Authorization"] = await token_of(client)
            body = prompt_body("write 5000 words")
            async with client.stream("POST", "/api/conversation", json=body) as response:
                lines = response.aiter_lines()
                assert (await anext(lines)).startswith("data: ")
                process.send_signal(number)
                told = [line async for line in lines]
        assert process.wait(PATIENCE) == 0
    assert "The host was stopped" in told[-4]
    assert told[-2] == "data: [DONE]"
