"""`serve-admin check --state`: what needs attention of an engine, before it is needed."""

import json
from pathlib import Path

import pytest

from fakegpt_tui.host.shared_state.checks import EngineReport
from tests.cli.program import Home
from tests.host.shared_state.engine import Engine
from tests.host.shared_state.test_connection import ACL

GOOD = {
    "redis_version": "7.2.4",
    "valkey_version": "8.1.0",
    "role": "master",
    "maxmemory": "1000000000",
    "used_memory": "20000000",
    "maxmemory_policy": "noeviction",
    "aof_enabled": "1",
    "connected_slaves": "1",
}


def report(**changes: object) -> EngineReport:
    facts = {**GOOD, **{key: str(changes.pop(key)) for key in list(changes) if key in GOOD}}
    values = {"seconds": 0.0003, "clock": 0.1, "refused": "", "facts": facts, "snapshots": ""}
    return EngineReport(**{**values, **changes})  # type: ignore[arg-type]


def test_an_engine_as_it_should_be_needs_no_attention() -> None:
    assert list(report().warnings()) == []
    assert list(report().lines()) == [
        "Valkey 8.1.0, master",
        "An answer takes 0.3 ms.",
        "It uses 20 MB of 1000 MB.",
    ]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"valkey_version": "", "redis_version": "6.2.14"}, "too old"),
        ({"maxmemory_policy": "allkeys-lru"}, "noeviction"),
        ({"maxmemory": 0}, "set maxmemory"),
        ({"role": "slave"}, "replica"),
        ({"aof_enabled": 0, "connected_slaves": 0}, "keeps nothing"),
        ({"aof_enabled": 0, "snapshots": "3600 1"}, "snapshots alone"),
        ({"aof_enabled": 0, "snapshots": None}, "snapshots alone"),
        ({"seconds": 0.1}, "slow"),
        ({"clock": -60.0}, "-60 seconds"),
        ({"refused": "NOPERM"}, "+time"),
        ({"facts": {}}, "+info"),
    ],
)
def test_what_would_hurt_is_told_with_what_to_do(changes: dict[str, object], word: str) -> None:
    (warning,) = report(**changes).warnings()
    assert word in warning


def test_replicas_of_a_primary_that_keeps_nothing_are_a_warning_of_their_own() -> None:
    assert len(list(report(aof_enabled=0).warnings())) == 2


def test_the_command_looks_at_a_real_engine(tmp_path: Path, own_engine: Engine) -> None:
    home = Home(tmp_path)

    def check(*options: str) -> list[str]:
        """What needs attention, except that this machine is slow."""
        done = home.invoke("serve-admin", "check", "--json", "--state", *options)
        found = json.loads(done.stdout)["state"]
        assert done.exit_code == bool(found["warnings"])
        assert found["facts"]
        return [each for each in found["warnings"] if "slow" not in each]

    memory, restart = check(own_engine.url)
    assert "set maxmemory" in memory
    assert "keeps nothing" in restart
    own_engine.ask("CONFIG", "SET", "maxmemory", "500mb")
    own_engine.ask("CONFIG", "SET", "appendonly", "yes")
    assert check(own_engine.url) == []

    own_engine.ask("ACL", "SETUSER", "chat", "on", ">pw", *ACL)
    path = home.folder / "secret"
    path.write_text("pw")
    (warning,) = check(f"{own_engine.url}?username=chat", "--state-secret-file", str(path))
    assert "+info" in warning
    own_engine.ask("ACL", "SETUSER", "chat", "-time")
    refused, _ = check(f"{own_engine.url}?username=chat", "--state-secret-file", str(path))
    assert "+time" in refused

    shown = home.invoke("serve-admin", "check", "--state", own_engine.url)
    assert "An answer takes" in shown.stdout
    own_engine.kill()
    lost = home.invoke("serve-admin", "check", "--state", own_engine.url)
    assert lost.exit_code == 4
    assert "The shared state cannot be used: " in lost.stderr
    assert home.invoke("serve-admin", "check").exit_code == 2
