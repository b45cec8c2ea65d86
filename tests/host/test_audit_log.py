"""Audit log: what changed keys and options, and who was refused, without any secret."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.logs import AuditLog
from fakegpt_tui.host.server import HostServer
from tests.host.calls import PASSWORD, account_of, calling
from tests.host.keys import MADE, new_key

Serve: TypeAlias = Callable[..., HostServer]


def acts(path: Path) -> list[tuple[str, str, str]]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(
        set(each) == {"time", "actor", "act", "target", "outcome", "address"} for each in found
    )
    return [(each["act"], each["target"], each["outcome"]) for each in found]


async def test_logins_that_are_refused_and_keys_that_change_have_a_line_each(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    (first, text), (second, other), (third, _) = (new_key() for _ in range(3))
    host = serve(keys=KeyRing([first, second]), audit_log=path)
    async with calling(host) as client:
        form = {"token_key": await account_of(client), "session_password": PASSWORD}
        assert (await client.post("/auth/login", data=form)).status_code == 401
        bad = {**form, "session_password": other[:-1] + "~"}
        assert (await client.post("/auth/login", data=bad)).status_code == 401
        await client.post("/auth/login_token", data={"access_token": "canary"})
        good = {**form, "session_password": text}
        assert (await client.post("/auth/login", data=good)).status_code == 200
    host.reload(HostNames(), KeyRing([replace(first, revoked_at=MADE), third]))
    host.count_failed_reload()
    assert acts(path) == [
        *[("login", "", "refused")] * 3,
        ("reload", "", "done"),
        ("key revoked", first.id, "done"),
        ("key added", third.id, "done"),
        ("key removed", second.id, "done"),
        ("reload", "", "refused"),
    ]
    assert '"address": "127.0.0.1"' in path.read_text().splitlines()[0]
    assert not [each for each in (text, other, PASSWORD, "canary") if each in path.read_text()]


def test_each_change_of_a_key_has_a_name(tmp_path: Path) -> None:
    key, _ = new_key()
    log = AuditLog.at(tmp_path / "a")
    for changed in (
        replace(key, digest="0" * 64),
        replace(key, limits=replace(key.limits, streams=9)),
        replace(key, label="\x1b[31mEve\nAda"),
        key,
    ):
        log.note_keys(KeyRing([key]), KeyRing([changed]))
    found = [act for act, _, _ in acts(tmp_path / "a")]
    assert found == ["key rotated", "key limits changed", "key changed"]


def test_a_log_that_cannot_be_written_costs_lines_alone(tmp_path: Path) -> None:
    log = AuditLog.at(tmp_path / "no" / "a")
    log.note("drain", actor="admin socket")
    assert log.file is not None
    assert log.file.lost_lines == 1
    AuditLog().note("drain", actor="admin socket")
