"""`serve-admin`, and a host for a team that runs with its keys."""

import asyncio
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from click.testing import Result

from fakegpt_tui.domain import ReplyEnded, TextDelta
from tests.cli.program import COMMAND, Home, served
from tests.cli.test_serve import first_line
from tests.host.calls import prompt_body, token_of, until
from tests.patience import PATIENCE

KEY = re.compile(r"fgk_([a-z2-7]{16})_[\w-]{43}\n")


def new_key(home: Home, *options: str) -> tuple[str, str, Path]:
    """The id of a new key, the key, and its file."""
    path = home.folder / "keys.toml"
    done = home.invoke("serve-admin", "keys", "new", "--file", str(path), *options)
    assert done.exit_code == 0, done.stderr
    match = KEY.fullmatch(done.stdout)
    assert match
    return match[1], done.stdout.strip(), path


def admin(home: Home, *words: str) -> Result:
    return home.invoke("serve-admin", "keys", *words, "--file", str(home.folder / "keys.toml"))


def models(url: str, key: str, host: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}", **({"Host": host} if host else {})}
    return httpx.get(f"{url}/api/models", headers=headers, trust_env=False).status_code


REFUSED = {401, 429}
"""Who asks with wrong keys as often as `wait_for` has to wait, too."""


def wait_for(url: str, key: str, statuses: set[int]) -> float:
    """How long it takes until the host answers a key so."""
    begun = time.monotonic()
    while models(url, key) not in statuses:
        assert time.monotonic() - begun < PATIENCE
    return time.monotonic() - begun


def seconds_to_revoke(home: Home, url: str) -> float:
    key_id, key, _ = new_key(home)
    wait_for(url, key, {200})
    admin(home, "revoke", key_id)
    return wait_for(url, key, REFUSED)


def test_a_key_is_shown_once_and_kept_as_a_digest(home: Home) -> None:
    key_id, key, path = new_key(home, "--label", "Ada", "--requests-per-minute", "5")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key not in path.read_text()
    assert key[21:] not in path.read_text()
    listed = admin(home, "list")
    assert listed.stdout.startswith(f"{key_id}  good ")
    assert "5/min" in listed.stdout
    assert "Ada" in listed.stdout
    assert key[21:] not in listed.stdout


def test_limits_change_one_by_one(home: Home) -> None:
    key_id, _, _ = new_key(home, "--streams", "2", "--model", "a", "--model", "b")
    assert admin(home, "limit", key_id, "--tokens-per-day", "7").exit_code == 0
    line = admin(home, "list").stdout
    assert "2 streams" in line
    assert "7 tokens/day" in line
    assert "a b" in line
    admin(home, "limit", key_id, "--model", "*")
    assert "all models" in admin(home, "list").stdout


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("revoke", "a" * 16), 6, "no key"),
        (("rotate", "a" * 16), 6, "no key"),
        (("new", "--expires", "soon"), 2, "24h"),
        (("new", "--label", "x" * 65), 2, "64 characters"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    home: Home, words: tuple[str, ...], code: int, part: str
) -> None:
    new_key(home)
    done = admin(home, *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert part in done.stderr


@pytest.mark.parametrize(
    "content", ["[keys.x]", "[keys.aaaaaaaaaaaaaaaa]", "[kyes]", "x =", "[keys]\na = 1"]
)
def test_a_broken_keys_file_is_told_and_no_host_starts(home: Home, content: str) -> None:
    path = home.folder / "keys.toml"
    path.write_text(content)
    path.chmod(0o600)
    done = home.run("serve", "--access-keys", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "keys.toml" in done.stderr


def test_a_keys_file_that_others_may_write_is_not_used(home: Home) -> None:
    _, _, path = new_key(home)
    path.chmod(0o622)
    done = home.run("serve", "--access-keys", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "chmod 600" in done.stderr


def test_a_rotated_key_is_shown_also_where_others_may_write_the_file(home: Home) -> None:
    key_id, _, path = new_key(home)
    path.chmod(0o622)
    assert key_id in admin(home, "rotate", key_id).stdout


def test_a_running_host_notices_keys_that_are_new_rotated_and_revoked(home: Home) -> None:
    key_id, key, path = new_key(home)
    with home.started("serve", "--access-keys", str(path)) as process:
        url = first_line(process)
        assert models(url, key) == 200
        _, second, _ = new_key(home)
        wait_for(url, second, {200})
        rotated = admin(home, "rotate", key_id).stdout.strip()
        wait_for(url, rotated, {200})
        assert models(url, key) == 200
        admin(home, "revoke", key_id)
        is_soon = wait_for(url, rotated, REFUSED) < 2
        assert models(url, key) in REFUSED
        # The machine may be busy with other things now and then, but not each time.
        assert is_soon or any(seconds_to_revoke(home, url) < 2 for _ in range(4))
        path.write_text("broken")
        assert models(url, second) == 200


def test_a_host_for_a_team_is_described_in_a_file_that_sighup_reads_anew(home: Home) -> None:
    _, key, _ = new_key(home)
    file = home.folder / "serve.toml"
    content = '[names]\nhosts = ["{}"]\n[access]\nkeys_file = "keys.toml"\n'
    file.write_text(content.format("one.example.org"))
    with home.started("serve", "--serve-config", str(file)) as process:
        url = first_line(process)
        assert models(url, key, "one.example.org") == 200
        assert models(url, key, "two.example.org") == 421
        file.write_text(content.format("two.example.org"))
        process.send_signal(signal.SIGHUP)
        begun = time.monotonic()
        while models(url, key, "two.example.org") != 200:
            assert time.monotonic() - begun < PATIENCE
        assert models(url, key, "one.example.org") == 421
        file.write_text("[nams]")
        for _ in range(100):
            process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        while "Nothing was changed" not in (line := process.stderr.readline().decode()):
            pass
        assert "nams" in line
        assert models(url, key, "two.example.org") == 200
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("[listen]\nprot = 1", "did you mean 'port'"),
        ('[names]\nhosts = ["a:1"]', "without a port"),
        ('[names]\norigins = ["app.example.org"]', "https://app.example.org"),
        ('[names]\ntrust_proxies = ["*"]', "10.0.0.0/8"),
        ('[listen]\nbase_path = "chat"', "/chat"),
        ('[listen]\ntls_cert = "x.pem"', "together"),
        ("[listen", "not valid TOML"),
        ('[names]\nhosts = ["chat.example.org"]', "--access-keys"),
        ('[[upstream]]\nservice = "nowhere"', "no service named 'nowhere'"),
        ("[[upstream]]\norder = 1", "missing"),
        ('[[upstream]]\nservice = "embedded"\nweigth = 2', "did you mean 'weight'"),
        ('[upstream]\nservice = "embedded"', "[[upstream]]"),
    ],
)
def test_a_serve_file_that_cannot_be_used_is_told(home: Home, content: str, part: str) -> None:
    file = home.folder / "serve.toml"
    file.write_text(content)
    done = home.run("serve", "--serve-config", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert part in done.stderr


@pytest.mark.parametrize("options", [("--host", "0.0.0.0"), ("--allow-host", "chat.example.org")])
def test_a_host_that_others_can_reach_needs_keys(home: Home, options: tuple[str, ...]) -> None:
    done = home.run("serve", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert "serve-admin keys new" in done.stderr
    with home.started("serve", *options, "--no-keys-i-mean-it") as process:
        assert first_line(process).startswith("http://127.0.0.1:")


def test_the_program_itself_signs_in_with_a_key(home: Home) -> None:
    _, key, path = new_key(home)
    with home.started("serve", "--access-keys", str(path)) as process:
        url = first_line(process)
        service = f'service = "team"\n[services.team]\nkind = "fakegpt"\nurl = "{url}"\n'
        home.configure(service)
        refused = home.run("ask", "Hi")
        assert refused.returncode != 0
        assert "access key" in refused.stderr
        home.configure(f'{service}[services.team.headers]\nX-API-Key = "{key}"\n')
        done = home.run("ask", "Who are you?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "guide" in done.stdout


ACTIVATE = """
import os, socket, sys
kinds = [(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, sys.argv[1])]
for number, (family, address) in enumerate(kinds, 3):
    made = socket.socket(family)
    made.bind(address)
    made.listen()
    os.dup2(made.fileno(), number) if made.fileno() != number else made.detach()
    os.set_inheritable(number, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"}
os.execv(sys.argv[2], sys.argv[2:])
"""


async def test_systemd_opens_sockets_of_any_family_and_hears_that_the_host_is_well(
    home: Home,
) -> None:
    path, notify = home.folder / "s", home.folder / "n"
    told = {"NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": "200000"}
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(str(notify))
    systemd.settimeout(PATIENCE)
    with (
        systemd,
        subprocess.Popen(
            [sys.executable, "-c", ACTIVATE, str(path), *COMMAND, "serve"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=home.environment | {"PATH": os.environ["PATH"]} | told,
            bufsize=0,
        ) as process,
    ):
        try:
            heard = [await asyncio.to_thread(systemd.recv, 100) for _ in range(3)]
            assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            url = first_line(process)
            assert httpx.get(f"{url}/api/loads", trust_env=False).status_code == 200
            await until(path.exists)
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport) as client:
                assert (await client.get("http://localhost/api/loads")).status_code == 200
        finally:
            process.terminate()


async def test_sigterm_lets_a_reply_finish_where_a_drain_is_set(home: Home) -> None:
    file = home.folder / "serve.toml"
    file.write_text("[drain]\ndrain_delay_seconds = 0\ndrain_seconds = 20\n")
    with home.started("serve", "--serve-config", str(file)) as process:
        url = first_line(process)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as client:
            client.headers["X-Authorization"] = await token_of(client)
            body = prompt_body("write 200 words")
            async with client.stream("POST", "/api/conversation", json=body) as response:
                lines = response.aiter_lines()
                await anext(lines)
                process.terminate()
                rest = [line async for line in lines if line]
        assert rest[-1] == "data: [DONE]"
        assert "finished_successfully" in "".join(rest[-4:])
        assert process.wait(PATIENCE) == 0


async def test_a_second_signal_ends_a_drain_at_once(home: Home) -> None:
    file = home.folder / "serve.toml"
    file.write_text("[drain]\ndrain_delay_seconds = 60\ndrain_seconds = 60\n")
    with home.started("serve", "--serve-config", str(file)) as process:
        url = first_line(process)
        process.terminate()
        begun = time.monotonic()
        while httpx.get(f"{url}/readyz", trust_env=False).status_code != 503:
            assert time.monotonic() - begun < PATIENCE
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_the_log_and_the_metrics_of_a_host_are_options(home: Home) -> None:
    log = home.folder / "access.jsonl"
    options = ("--access-log", str(log), "--metrics", "127.0.0.1:0")
    with home.started("serve", *options) as process:
        url = first_line(process)
        assert process.stderr is not None
        told = [process.stderr.readline().decode() for _ in range(2)]
        metrics = told[-1].split()[-1].rstrip(".")
        httpx.get(f"{url}/api/loads", trust_env=False)
        found = httpx.get(metrics, trust_env=False).text
    assert "fakegpt_build_info" in found
    assert '"route": "/api/loads"' in log.read_text()
    refused = home.run("serve", "--metrics", "9464")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "127.0.0.1:9464" in refused.stderr


def test_a_host_answers_through_several_services(home: Home) -> None:
    with served([TextDelta("from afar"), ReplyEnded()]) as (_, url):
        home.configure(
            f'[services.gone]\nkind = "fakegpt"\nurl = "http://127.0.0.1:9"\n'
            f'[services.there]\nkind = "fakegpt"\nurl = "{url}"\n'
        )
        file = home.folder / "serve.toml"
        file.write_text(
            '[[upstream]]\nservice = "gone"\n[[upstream]]\nservice = "there"\norder = 2\n'
        )
        with home.started("serve", "--serve-config", str(file)) as process:
            home.use_service(first_line(process))
            done = home.run("ask", "Hi")
    assert (done.returncode, done.stdout) == (0, "from afar\n")


def test_more_connections_than_open_files_allow_are_not_promised(home: Home) -> None:
    file = home.folder / "serve.toml"
    file.write_text("[listen]\nconnections = 100000\n")
    command = f"ulimit -n 1000 && exec {' '.join(COMMAND)} serve --serve-config {file}"
    with subprocess.Popen(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=home.environment, bufsize=0,
    ) as process:  # fmt: skip
        assert first_line(process).startswith("http://127.0.0.1:")
        process.terminate()
        assert process.stderr is not None
        assert "Only 450 connections" in process.stderr.read().decode()


def test_a_host_is_asked_whether_it_takes_requests(home: Home) -> None:
    with home.started("serve") as process:
        url = first_line(process)
        done = home.run("serve-admin", "check", url)
        assert (done.returncode, done.stderr) == (0, "")
    gone = home.run("serve-admin", "check", url)
    assert (gone.returncode, gone.stdout) == (4, "")
    assert "does not answer" in gone.stderr
    assert home.run("serve-admin", "check", f"{url}/x y").returncode == 4


def test_a_running_host_tells_what_it_does_and_drains_when_it_is_asked_to(home: Home) -> None:
    key_id, key, path = new_key(home, "--label", "Ada")
    socket, log = home.folder / "a.sock", home.folder / "access.jsonl"
    options = ("--access-keys", path, "--admin-socket", socket, "--access-log", log)
    options += ("--audit-log", audit := home.folder / "audit.jsonl")
    with home.started("serve", *map(str, options)) as process:
        url = first_line(process)
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        sent = {"messages": [{"role": "user", "content": "Who are you?"}]}
        answer = httpx.post(
            f"{url}/v1/chat/completions", json=sent, headers={"X-API-Key": key}, trust_env=False
        )
        assert answer.status_code == 200
        told = home.run("serve-admin", "status", "--socket", str(socket)).stdout
        assert "state: serving" in told
        assert "keys: 1" in told
        used = home.run("serve-admin", "usage", "--socket", str(socket)).stdout.split()
        assert (used[0], used[2:]) == (key_id, ["0", "Ada"])
        assert int(used[1]) > 3
        none = home.run("serve-admin", "streams", "--socket", str(socket), "--stop", "x")
        assert (none.returncode, none.stdout) == (6, "")
        assert home.run("serve-admin", "drain", "--socket", str(socket)).returncode == 0
        assert process.wait(PATIENCE) == 0
    assert '"route": "admin/drain"' in log.read_text()
    assert '"act": "drain"' in audit.read_text()
    gone = home.run("serve-admin", "status", "--socket", str(socket))
    assert (gone.returncode, gone.stdout) == (4, "")
