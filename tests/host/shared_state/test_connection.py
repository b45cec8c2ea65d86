"""Connection to a shared state: soon or not at all, and each answer to its own question."""

import asyncio
import logging
import shutil
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.sentinel import SentinelConnectionPool

from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.host.conversations import StateFull, StateLost
from fakegpt_tui.host.shared_state.connection import (
    CircuitBreaker,
    StateConnection,
    close_client,
    open_client,
)
from fakegpt_tui.host.shared_state.reply_writer import ScriptBatches
from tests.host.shared_state.engine import PATIENCE, Engine, apart, running_engine
from tests.host.test_listeners import certificate
from tests.patience import PATIENCE as LONGEST
from tests.ports import free_port

ACL = ("~fg1:*", "+@read", "+@write", "+@scripting", "+@connection", "+time")
"""What the page about serving asks for."""


async def ask(connection: StateConnection, *words: str) -> Any:
    """The answer to a command, as a request of its own would ask."""

    async def run(redis: Redis) -> Any:
        return await redis.execute_command(*words)  # type: ignore[no-untyped-call]

    return await apart(connection.run(run))


async def test_what_has_waited_in_vain_waits_no_more_in_the_same_request(
    own_engine: Engine,
) -> None:
    connection = StateConnection(own_engine.url, breaker=CircuitBreaker(failures=1000))
    own_engine.pause()

    async def request() -> float:
        for _ in range(50):
            with pytest.raises(StateLost):
                await asyncio.create_task(connection.run(lambda redis: redis.ping()))
        return monotonic()

    async def first_of_a_request() -> None:
        with pytest.raises(StateLost):
            await connection.run(lambda redis: redis.ping())
        await request()

    for _ in range(2):
        await apart(first_of_a_request())
    assert connection.figures.errors == 2, "each request has waited once"
    await connection.close()


async def test_a_server_that_dawdles_with_each_step_is_waited_for_once() -> None:
    """It takes the connection, and each answer would come in time, but not all of them."""
    asked = asyncio.Event()

    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            await asyncio.sleep(0.2)
            asked.set()
            writer.write(b"+OK\r\n" * 3)
        writer.close()

    server = await asyncio.start_server(dawdle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = StateConnection(f"redis://127.0.0.1:{port}", seconds=0.3)
    with pytest.raises(StateLost):
        async with asyncio.timeout(LONGEST):
            await ask(connection, "PING")
    async with asyncio.timeout(LONGEST):
        await asked.wait()
    await connection.close()
    server.close()


async def test_a_thousand_failures_are_two_lines_of_the_log(
    own_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = 0.0
    connection = StateConnection(own_engine.url, breaker=CircuitBreaker(clock=lambda: seconds))
    own_engine.kill()
    with caplog.at_level(logging.INFO, "fakegpt_tui.host"):
        for _ in range(1000):
            with pytest.raises(StateLost):
                await ask(connection, "PING")
            seconds += 0.1
        own_engine.start()
        seconds += 10
        await ask(connection, "PING")
    lost, back = (record.getMessage() for record in caplog.records)
    assert lost.startswith("The shared state is lost; replies go on without it: ")
    assert back == "The shared state is back."
    await connection.close()


async def test_waiting_for_a_place_is_no_failure_of_the_engine(own_engine: Engine) -> None:
    connection = StateConnection(own_engine.url, breaker=CircuitBreaker(failures=40))
    own_engine.pause()
    answers = await asyncio.gather(
        *(ask(connection, "PING") for _ in range(60)), return_exceptions=True
    )
    assert all(isinstance(each, StateLost) for each in answers)
    assert not connection.breaker.is_lost, "sixteen asked, and the others waited for them"
    await connection.close()


async def test_after_a_cancelled_command_each_answer_belongs_to_its_question(
    own_engine: Engine,
) -> None:
    connection = StateConnection(own_engine.url, seconds=PATIENCE)
    for number in range(20):
        await ask(connection, "SET", f"fg1:{number}", str(number))
    own_engine.pause()
    asking = [asyncio.create_task(ask(connection, "GET", f"fg1:{n}")) for n in range(10)]
    for each in asking[::2]:
        await asyncio.sleep(0)
        each.cancel()
    own_engine.go_on()
    await asyncio.wait(asking[::2])
    assert await asyncio.gather(*asking[1::2]) == ["1", "3", "5", "7", "9"]
    for number in range(20):
        assert await ask(connection, "GET", f"fg1:{number}") == str(number)
    await connection.close()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("-NOSCRIPT No matching script.", StateLost),
        ("-LOADING Redis is loading the dataset in memory", StateLost),
        ("-READONLY You can't write against a read only replica.", StateLost),
        ("-BUSY Redis is busy running a script.", StateLost),
        ("-MISCONF Errors writing to the AOF file", StateLost),
        ("-OOM command not allowed when used memory > 'maxmemory'.", StateFull),
        ("-MOVED 3999 127.0.0.1:6381", StateLost),
        ("-WRONGTYPE Operation against a key", StateLost),
        ("-NOAUTH Authentication required.", StateLost),
        ("-NOPERM this user has no permissions", StateLost),
        ("$9\r\nbroken", StateLost),
        ("nonsense", StateLost),
    ],
)
async def test_each_error_of_the_engine_has_an_outcome(line: str, error: type[Exception]) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := await reader.read(4096):
            is_asked = b"PING" in words
            writer.write(f"{line}\r\n".encode() if is_asked else b"+OK\r\n" * words.count(b"*"))
            if is_asked:
                break
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = StateConnection(f"redis://127.0.0.1:{port}?protocol=2", seconds=PATIENCE)
    with pytest.raises(error):
        await ask(connection, "PING")
    await connection.close()
    server.close()


async def test_scripts_come_back_after_a_restart(own_engine: Engine) -> None:
    connection = StateConnection(own_engine.url, seconds=PATIENCE)
    script = connection.script("return {tonumber(ARGV[1]), 0}")
    assert await script([], 7) == [7, 0]
    own_engine.ask("SCRIPT", "FLUSH")
    assert await script([], 8) == [8, 0]
    await connection.close()


async def test_the_password_of_a_file_is_used_and_never_logged(
    own_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    own_engine.ask("ACL", "SETUSER", "chat", "on", ">not-in-the-log", *ACL)
    url = f"{own_engine.url}?username=chat"
    good = StateConnection(url, secret=Secret("not-in-the-log"), seconds=PATIENCE)
    assert await ask(good, "SET", "fg1:a", "b")
    wrong = StateConnection(url, secret=Secret("in-the-log"), seconds=PATIENCE)
    for _ in range(3):
        with pytest.raises(StateLost):
            await ask(wrong, "PING")
    assert "in-the-log" not in caplog.text
    await good.close()
    await wrong.close()


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
async def test_over_tls_the_certificate_is_checked(tmp_path: Path) -> None:
    made = certificate(tmp_path, "localhost")
    port = free_port()
    options = ["--tls-port", str(port), "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", str(made.tls_cert), "--tls-key-file", str(made.tls_key)]
    with running_engine(*options):
        url = f"rediss://localhost:{port}"
        trusting = StateConnection(f"{url}?ssl_ca_certs={made.tls_cert}", seconds=PATIENCE)
        assert await ask(trusting, "PING")
        doubting = StateConnection(url, seconds=PATIENCE)
        with pytest.raises(StateLost):
            await ask(doubting, "PING")
    await trusting.close()
    await doubting.close()


async def test_an_address_of_sentinels_has_a_login_ports_and_a_name() -> None:
    client = open_client("sentinel://chat:p%40ss@one:1,two/name", 0.3)
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    places = [each.connection_pool.connection_kwargs for each in pool.sentinel_manager.sentinels]
    assert [(each["host"], each["port"]) for each in places] == [("one", 1), ("two", 26_379)]
    assert all(each["socket_timeout"] == pytest.approx(0.1) for each in places)
    assert all(each.get("password") is None for each in places)
    login = [pool.connection_kwargs[name] for name in ("username", "password")]
    assert (pool.service_name, login) == ("name", ["chat", "p@ss"])
    await close_client(client)


@pytest.mark.parametrize(
    "url", ["http://state", "redis://state:port", "sentinel://a:b/c", "redis://[x", ""]
)
def test_an_address_that_cannot_be_used_is_told_without_a_secret(url: str) -> None:
    with pytest.raises(ConfigError, match="address of the shared state"):
        open_client(url, 1.0)


async def test_calls_of_a_moment_are_one_exchange_and_each_has_its_answer(
    own_engine: Engine,
) -> None:
    connection = StateConnection(own_engine.url, seconds=PATIENCE)
    source = "redis.call('APPEND', KEYS[1], ARGV[1]) return {redis.call('STRLEN', KEYS[1]), 0}"
    batches = ScriptBatches(connection, source)

    async def append(name: str, text: str) -> int:
        length, _ = await batches([f"fg1:{name}"], text)
        return length

    own_engine.ask("SET", "fg1:7", "seven")
    own_engine.ask("LPUSH", "fg1:wrong", "a list")
    asked = [*(append(str(number), "x") for number in range(10)), append("wrong", "x")]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers[:10] == [1, 1, 1, 1, 1, 1, 1, 6, 1, 1]
    assert isinstance(answers[10], StateLost), "of this one alone"
    own_engine.ask("CONFIG", "SET", "maxmemory", "1")
    answers = await asyncio.gather(append("7", "x"), append("8", "x"), return_exceptions=True)
    assert all(isinstance(each, StateFull) for each in answers)
    own_engine.kill()
    answers = await asyncio.gather(append("7", "x"), append("8", "x"), return_exceptions=True)
    assert all(isinstance(each, StateLost) for each in answers)
    assert connection.figures.errors == 1, "there was one exchange"
    await connection.close()
