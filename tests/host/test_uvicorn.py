"""What the host uses of uvicorn beyond its documentation; an update that moves it fails here."""

import inspect

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState


def test_a_connection_is_made_from_a_configuration_and_a_state() -> None:
    parameters = list(inspect.signature(H11Protocol.__init__).parameters)
    assert parameters == ["self", "config", "server_state", "app_state", "_loop"]


def test_a_connection_has_the_methods_that_are_extended_or_called() -> None:
    signatures = {
        "connection_made": ["self", "transport"],
        "data_received": ["self", "data"],
        "connection_lost": ["self", "exc"],
        "pause_writing": ["self"],
        "resume_writing": ["self"],
        "shutdown": ["self"],
    }
    for name, parameters in signatures.items():
        assert list(inspect.signature(getattr(H11Protocol, name)).parameters) == parameters


async def test_a_connection_knows_its_state_and_shares_that_of_the_server() -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        pass

    config = Config(app, ws="none", lifespan="off", interface="asgi3", log_config=None)
    config.load()
    state = ServerState()
    connection = H11Protocol(config, state, app_state={})
    assert (state.connections, state.tasks) == (set(), set())
    assert connection.connections is state.connections
    assert connection.conn.our_role is h11.SERVER
    assert (connection.conn.our_state, connection.conn.their_state) == (h11.IDLE, h11.IDLE)
    assert connection.loop
    assert connection.transport is None


def test_a_configuration_takes_what_the_host_gives_it() -> None:
    given = {
        "http",
        "ws",
        "lifespan",
        "interface",
        "log_config",
        "access_log",
        "proxy_headers",
        "server_header",
        "limit_concurrency",
    }
    assert given <= inspect.signature(Config.__init__).parameters.keys()
