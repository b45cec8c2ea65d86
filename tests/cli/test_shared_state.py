"""The shared state on the command line: its options, and what `serve` says about it."""

import logging
from pathlib import Path

import pytest

from fakegpt_tui.cli.shared_state import state_options, tell_about_state
from fakegpt_tui.config.serve_file import load_serve_options
from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.shared_state.connection import CircuitBreaker
from tests.cli.program import Home


def test_the_password_of_the_state_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("of the engine\n")
    options = state_options("redis://state.example", path)
    assert options is not None
    assert options.secret is not None
    assert options.secret.reveal() == "of the engine"
    assert "of the engine" not in repr(options)
    assert state_options("", path) is None
    with pytest.raises(ConfigError, match="cannot be read"):
        state_options("redis://state.example", tmp_path / "missing")


def test_the_state_is_in_the_file_under_its_own_names(tmp_path: Path) -> None:
    path = tmp_path / "serve.toml"
    path.write_text('[state]\nurl = "redis://a"\nsecret_file = "secret"\nkeys = true\n')
    options = load_serve_options(path, {"state_url": "redis://b"})
    assert options.state_url == "redis://b"
    assert options.state_secret_file == tmp_path / "secret"
    assert options.state_keys
    with pytest.raises(ConfigError, match="--state"):
        load_serve_options(None, {"state_keys": True})


def test_losses_of_the_state_are_told_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = logging.getLogger("fakegpt_tui.host.shared_state")
    before = list(logger.handlers)
    tell_about_state()
    try:
        breaker = CircuitBreaker()
        for _ in range(5):
            breaker.fail("no route\x1b[31m")
        breaker.succeed()
    finally:
        logger.handlers = before
    lost, back = capsys.readouterr().err.splitlines()
    assert lost.startswith("fakegpt-tui: The shared state is lost; replies go on without it: no")
    assert "\x1b" not in lost
    assert back == "fakegpt-tui: The shared state is back."


@pytest.mark.parametrize("place", [(), ("--file", "keys.toml", "--state", "redis://a")])
def test_keys_are_in_one_place(home: Home, place: tuple[str, ...]) -> None:
    done = home.invoke("serve-admin", "keys", "list", *place)
    assert done.exit_code == 2
    assert "--state" in done.stderr


def test_a_state_that_does_not_answer_is_told(home: Home) -> None:
    url = f"unix://{home.folder}/none.sock"
    done = home.invoke("serve-admin", "keys", "list", "--state", url)
    assert done.exit_code == 4
    assert "The shared state cannot be used: " in done.stderr
