"""Discovery of model servers on loopback, on ports of the tests."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.backends.discovery import DEFAULT_PORTS, discover_services
from fakegpt_tui.domain import Service, ServiceKind
from tests.fault_server import FaultServer, Reset, Send, Stall, reply
from tests.openai_server import MODELS, lists, openai_server, refuses, service
from tests.patience import PATIENCE
from tests.ports import free_port


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


def port_of(server: FaultServer) -> int:
    return int(server.host.rpartition(":")[2])


async def test_a_server_is_offered_as_a_service_with_its_models(server: FaultServer) -> None:
    (found,) = await discover_services(ports={"ollama": port_of(server)}, seconds=PATIENCE)
    assert found.service == Service(name="ollama", kind=ServiceKind.OPENAI, url=server.url)
    assert [model.id for model in found.models] == ["model-1"]
    assert "authorization" not in server.exchanges[0].headers
    assert [exchange.target for exchange in server.exchanges] == [MODELS]


async def test_all_servers_are_probed_at_the_same_time(server: FaultServer) -> None:
    async with FaultServer() as page, FaultServer() as broken:
        async with FaultServer() as slow:
            slow.script(MODELS, Stall())
            page.script(MODELS, Send(reply(b"<html>", content_type="text/html")))
            broken.script(MODELS, Reset())
            ports = {
                "slow": port_of(slow),
                "page": port_of(page),
                "broken": port_of(broken),
                "closed": free_port(),
                "good": port_of(server),
            }
            asked = discover_services(ports=ports, seconds=10 * PATIENCE)
            discovering = asyncio.create_task(asked)
            for each in (slow, page, broken, server):
                await each.arrived(MODELS)
            assert not discovering.done()
        found = await discovering
        assert [each.service.name for each in found] == ["good"]


async def test_a_server_that_does_not_answer_is_left() -> None:
    async with FaultServer() as slow:
        slow.script(MODELS, Stall())
        assert await discover_services(ports={"slow": port_of(slow)}, seconds=0.2) == ()
        await slow.idle()


async def test_a_server_that_wants_a_key_or_offers_nothing_is_not_offered() -> None:
    async with FaultServer() as closed, FaultServer() as empty:
        closed.script(MODELS, *refuses(401))
        empty.script(MODELS, *lists())
        ports = {"closed": port_of(closed), "empty": port_of(empty)}
        assert await discover_services(ports=ports, seconds=PATIENCE) == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_what_is_configured_is_not_asked(server: FaultServer, host: str) -> None:
    mine = service(f"http://{host}:{port_of(server)}/v1")
    assert await discover_services([mine], ports={"ollama": port_of(server)}) == ()
    assert server.exchanges == []


async def test_a_name_that_is_taken_is_not_taken_again(server: FaultServer) -> None:
    mine = Service(name="ollama", kind=ServiceKind.OPENAI, url="https://example.org")
    (found,) = await discover_services([mine], ports={"ollama": port_of(server)}, seconds=PATIENCE)
    assert found.service.name == "ollama-local"


async def test_giving_up_the_search_leaves_nothing_running() -> None:
    async with FaultServer() as slow:
        slow.script(MODELS, Stall())
        searching = asyncio.create_task(
            discover_services(ports={"slow": port_of(slow)}, seconds=60)
        )
        await slow.arrived(MODELS)
        searching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await searching
        await slow.idle()


def test_every_usual_server_has_a_port_of_its_own() -> None:
    assert len(set(DEFAULT_PORTS.values())) == len(DEFAULT_PORTS)
