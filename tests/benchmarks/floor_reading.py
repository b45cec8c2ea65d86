"""F1+F2: the app of `floor_painting` that reads a reply with httpx meanwhile, and throws it away.

`python -m tests.benchmarks.floor_reading URL` runs it in this terminal.
"""

import sys

import httpx

from tests.benchmarks.floor_painting import Repainting


class Reading(Repainting):
    """F1 that reads what is at an address."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._read())

    async def _read(self) -> None:
        async with (
            httpx.AsyncClient(timeout=None, trust_env=False) as client,
            client.stream("POST", self._url, json={}) as response,
        ):
            async for _ in response.aiter_raw():
                pass


if __name__ == "__main__":
    Reading(*sys.argv[1:]).run()
