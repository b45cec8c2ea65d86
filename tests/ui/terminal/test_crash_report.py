"""A crash of the user interface: kept for a report, and never printed with its values."""

from pathlib import Path

import pytest

from tests.ui.small import small_app
from tests.ui.small_app import Crashing


@pytest.mark.parametrize(
    ("key", "kind"), [("x", "ValueError"), ("w", "RuntimeError"), ("r", "TalkativeError")]
)
def test_a_crash_shows_no_values_anywhere_and_is_no_success(tmp_path: Path, key: str, kind: str):
    with small_app("Crashing", str(tmp_path)) as terminal:
        terminal.wait_for("ready").press(key)
        assert terminal.wait() == 1
        assert kind.encode() in terminal.raw
        assert b"canary" not in terminal.raw
        (report,) = tmp_path.iterdir()
        assert "canary" not in report.read_text()
        assert "small_app.py:" in report.read_text()
        assert terminal.raw.index(b"\x1b[?1049l") < terminal.raw.index(kind.encode())


async def test_a_test_of_an_app_still_sees_the_crash():
    with pytest.raises(ValueError, match="canary"):
        async with Crashing().run_test() as pilot:
            await pilot.press("x")
