"""Hosts whose engine fails over: Sentinel promotes the replica, and replies go on meanwhile."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest

from tests.campaigns.shared_hosts import (
    HAPROXY,
    asking,
    balanced,
    compare,
    free_ports,
    refusals,
    started,
)
from tests.host.calls import prompt_body
from tests.host.shared_state.engine import PROGRAM
from tests.patience import PATIENCE

CLI = shutil.which("valkey-cli") or shutil.which("redis-cli") or ""
FAILOVER_SECONDS = 15.0
_SENTINEL = """
port {port}
dir {folder}
sentinel monitor chat 127.0.0.1 {primary} 2
sentinel down-after-milliseconds chat 1000
sentinel failover-timeout chat 5000
"""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (HAPROXY and PROGRAM and CLI), reason="haproxy, redis-server and redis-cli are needed"
    ),
]


class Servers:
    """A primary, its replica, and three sentinels."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._stack = stack
        self._folder = folder
        primary, replica, *sentinels = free_ports(5)
        self.primary = self._start("--port", str(primary))
        self._start("--port", str(replica), "--replicaof", "127.0.0.1", str(primary))
        for port in sentinels:
            config = folder / f"sentinel-{port}.conf"
            config.write_text(_SENTINEL.format(port=port, folder=folder, primary=primary))
            self._start(str(config), "--sentinel")
        wait_for(replica, ("info", "replication"), "master_link_status:up")
        for port in sentinels:
            wait_for(port, ("sentinel", "master", "chat"), "num-slaves\n1")
            wait_for(port, ("sentinel", "master", "chat"), "num-other-sentinels\n2")
        self.url = "sentinel://" + ",".join(f"127.0.0.1:{port}" for port in sentinels) + "/chat"

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        kept = () if "--sentinel" in options else ("--save", "", "--dir", str(self._folder))
        process = subprocess.Popen([PROGRAM, *options, *kept], stdout=subprocess.DEVNULL)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


def wait_for(port: int, words: tuple[str, ...], text: str) -> None:
    """Wait until a server says something."""
    deadline = monotonic() + PATIENCE
    said = ""
    while text not in said:
        assert monotonic() < deadline, said
        done = subprocess.run(
            [CLI, "-p", str(port), *words], capture_output=True, text=True, check=False
        )
        said = done.stdout.replace("\r", "")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path, stack)


async def test_a_failover_cuts_no_stream_and_writes_go_on(tmp_path: Path, servers: Servers) -> None:
    with started(tmp_path, [servers.url] * 3) as hosts, balanced(tmp_path, hosts) as url:
        async with asking(url) as oracles:
            await asyncio.sleep(3)
            servers.primary.kill()
            lost_at = monotonic()
            listed = await oracles[0].client.get("/api/conversations")
            while listed.status_code == 503:
                await asyncio.sleep(0.1)
                listed = await oracles[0].client.get("/api/conversations")
            assert monotonic() < lost_at + FAILOVER_SECONDS
            assert listed.json()["items"], "the replica has what the primary had"
            await asyncio.sleep(8)
            body = prompt_body("hello", history_and_training_disabled=False)
            assert (await oracles[0].client.post("/api/conversation", json=body)).is_success
        assert await compare(url, oracles) == []
    assert refusals(oracles).keys() <= {503}
