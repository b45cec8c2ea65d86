"""One server of Valkey or Redis for the tests of this folder, emptied before each."""

from collections.abc import AsyncIterator, Iterator

import pytest

from fakegpt_tui.host.shared_state.connection import StateConnection
from tests.host.shared_state.engine import PATIENCE, PROGRAM, Engine, running_engine

needs_engine = pytest.mark.skipif(not PROGRAM, reason="neither valkey-server nor redis-server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared_state" in item.path.parts:
            item.add_marker(needs_engine)


@pytest.fixture(scope="session")
def session_engine() -> Iterator[Engine]:
    with running_engine() as engine:
        yield engine


@pytest.fixture
def engine(session_engine: Engine) -> Engine:
    session_engine.ask("FLUSHALL")
    return session_engine


@pytest.fixture
def own_engine() -> Iterator[Engine]:
    """A server that may be killed and paused."""
    with running_engine() as engine:
        yield engine


@pytest.fixture
async def connection(engine: Engine) -> AsyncIterator[StateConnection]:
    opened = StateConnection(engine.url, seconds=PATIENCE)
    yield opened
    await opened.close()
