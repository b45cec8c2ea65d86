"""A crash of the user interface: kept for a report, and never printed with its values."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.domain import FakeGPTError, StoreError
from fakegpt_tui.ui.terminal.shutdown import CrashReportingApp, TolerantScreen
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


class Expecting(TolerantScreen):
    """Meets an expected error in a handler, and in a worker."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def show_error(self, error: FakeGPTError) -> None:
        self.shown.append(str(error))

    def key_h(self) -> None:
        raise StoreError("A handler met this.")

    async def key_w(self) -> None:
        self.run_worker(self.fail())

    async def fail(self) -> None:
        raise StoreError("A worker met this.")


class ExpectingApp(CrashReportingApp):
    def get_default_screen(self) -> Expecting:
        return Expecting()

    def show_error(self, error: FakeGPTError) -> None:
        assert isinstance(self.screen, Expecting)
        self.screen.show_error(error)


async def test_an_expected_error_that_nothing_handles_is_shown_and_the_app_goes_on():
    app = ExpectingApp()
    async with app.run_test() as pilot:
        await pilot.press("h", "w", "h")
        await app.workers.wait_for_complete()
        assert isinstance(app.screen, Expecting)
        assert sorted(app.screen.shown) == ["A handler met this."] * 2 + ["A worker met this."]
    assert app.crash is None


class Leaving(Static):
    """Tells when it is being removed, as a slow service may answer in that moment."""

    def __init__(self, gone: asyncio.Event) -> None:
        super().__init__()
        self.gone = gone

    async def on_unmount(self) -> None:
        self.gone.set()
        for _ in range(10):
            await asyncio.sleep(0)


class Working(TolerantScreen):
    """Has a worker that looks for a widget as soon as something came."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield Leaving(self.came)

    def on_mount(self) -> None:
        self.run_worker(self.look())

    async def look(self) -> None:
        await self.came.wait()
        for _ in range(10):
            await asyncio.sleep(0)
            self.query_one(Leaving)


class WorkingApp(CrashReportingApp):
    def get_default_screen(self) -> Working:
        return Working()


async def test_a_worker_that_goes_on_while_its_screen_is_removed_ends_nothing():
    app = WorkingApp()
    async with app.run_test():
        pass
    assert app.crash is None


class WorkingDialog(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Leaving(asyncio.Event())

    def on_mount(self) -> None:
        self.run_worker(self.look())

    async def look(self) -> None:
        gone = self.query_one(Leaving).gone
        await gone.wait()
        for _ in range(10):
            await asyncio.sleep(0)
            self.query_one(Leaving)


async def test_a_worker_of_a_dialog_that_is_closed_ends_nothing():
    app = CrashReportingApp()
    async with app.run_test() as pilot:
        await app.push_screen(WorkingDialog())
        await pilot.pause()
        await app.pop_screen()
        await pilot.pause()
    assert app.crash is None


class LateWidget(Static):
    """Starts a worker in the moment in which it is removed."""

    def on_mount(self) -> None:
        self.run_worker(self.finish(self.work()))
        self.remove()

    async def finish(self, work: Awaitable[None]) -> None:
        await work

    async def work(self) -> None:
        await asyncio.Event().wait()


class LateApp(CrashReportingApp):
    def compose(self) -> ComposeResult:
        yield LateWidget()


async def test_what_a_worker_was_to_do_is_begun_before_it_is_cancelled():
    app = LateApp()
    with warnings.catch_warnings(record=True, action="always") as found:
        async with app.run_test() as pilot:
            await pilot.pause()
        gc.collect()
    assert [str(each.message) for each in found] == []
    assert app.crash is None
