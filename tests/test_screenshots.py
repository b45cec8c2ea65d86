"""The pictures in the README can still be made, and are the ones that the README shows."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.screenshots import SCENES, take

ROOT = Path(__file__).parent.parent


@pytest.mark.long
async def test_every_picture_can_be_made() -> None:
    pictures = await asyncio.gather(*(take(name) for name in SCENES))
    for name, picture in zip(SCENES, pictures, strict=True):
        assert picture.startswith("<svg"), name
        assert "@font-face" not in picture, name


@pytest.mark.parametrize("name", SCENES)
def test_every_picture_is_there(name: str) -> None:
    assert "</svg>" in (ROOT / "screenshots" / f"{name}.svg").read_text(encoding="utf-8")


def test_the_readme_shows_pictures_that_exist() -> None:
    shown = re.findall(r"\]\((screenshots/[^)]+)\)", (ROOT / "README.md").read_text())
    assert shown
    assert all((ROOT / path).is_file() for path in shown)
