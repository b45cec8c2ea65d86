"""`login`, `logout` and `models`: signing in and out, and what there is to ask."""

import asyncio
import json
import stat

import pytest

from tests.cli.program import Home, served
from tests.fault_server import FaultServer, Send, json_reply

CLOSED = "http://127.0.0.1:9"


def test_login_keeps_a_session_and_says_nothing_secret(home: Home) -> None:
    with served() as (_, url):
        home.use_service(url)
        done = home.invoke("login")
        assert done.exit_code == 0
        assert done.stdout.startswith(f"home: {url}, signed in to account ")
        assert "Step 1 of 3: asking for accounts" in done.stderr
        assert home.invoke("status").stdout == done.stdout
        again = home.invoke("login")
    file = home.data / "state" / "sessions.json"
    (session,) = json.loads(file.read_text())["sessions"].values()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.exit_code == 0
    assert again.stderr == ""
    for secret in (session["token"], session["password"]):
        assert secret not in done.stdout + done.stderr


def test_login_again_takes_a_new_token(home: Home) -> None:
    file = home.data / "state" / "sessions.json"
    with served() as (_, url):
        home.use_service(url)
        home.invoke("login")
        first = json.loads(file.read_text())["sessions"][url]
        home.invoke("login")
        assert json.loads(file.read_text())["sessions"][url] == first
        assert home.invoke("login", "--again").exit_code == 0
    assert json.loads(file.read_text())["sessions"][url]["password"] != first["password"]


def test_logout_forgets_all_of_it(home: Home) -> None:
    with served() as (_, url):
        home.use_service(url)
        home.invoke("login")
        done = home.invoke("logout")
    assert (done.exit_code, done.stdout) == (0, f"home: {url}, signed out.\n")
    content = (home.data / "state" / "sessions.json").read_text()
    assert json.loads(content)["sessions"] == {}
    assert home.invoke("status").exit_code == 3
    assert home.invoke("logout").exit_code == 0


def test_a_service_that_is_not_there_is_told_with_its_exit_code(home: Home) -> None:
    home.use_service(CLOSED)
    for command in ("login", "models"):
        done = home.invoke(command)
        assert (done.exit_code, done.stdout) == (4, "")
        assert "127.0.0.1:9 refused the connection" in done.stderr
        assert "Traceback" not in done.stderr


async def test_a_refused_login_has_an_exit_code_of_its_own(home: Home) -> None:
    async with FaultServer() as server:
        server.script("/api/loads", Send(json_reply({"loads": []})))
        home.use_service(server.url)
        done = await asyncio.to_thread(home.run, "login")
    assert (done.returncode, done.stdout) == (3, "")
    assert "no shared accounts" in done.stderr


@pytest.mark.parametrize("command", ["login", "logout"])
def test_where_there_is_nothing_to_sign_in_to_that_is_said(home: Home, command: str) -> None:
    done = home.invoke(command)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("embedded: the embedded host")


def test_models_are_listed_the_default_one_first(home: Home) -> None:
    with served() as (_, url):
        home.use_service(url)
        done = home.invoke("models")
        document = json.loads(home.invoke("models", "--json").stdout)
    assert done.exit_code == 0
    assert document["service"] == "home"
    listed = [line.split("  ")[0].strip() for line in done.stdout.splitlines()]
    assert listed == [model["id"] for model in document["models"]]
    assert listed


def test_the_embedded_host_has_a_model_too(home: Home) -> None:
    done = home.invoke("models")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout


def test_a_service_that_is_not_configured_is_a_matter_of_usage(home: Home) -> None:
    for command in ("login", "logout", "models"):
        assert home.invoke(command, "--service", "nowhere").exit_code == 2
