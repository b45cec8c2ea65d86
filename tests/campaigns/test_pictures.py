import sys
from pathlib import Path

import pytest

from tests.campaigns.pictures import KINDS, run


def test_no_picture_is_stray_or_left_after_some_keys_at_random(tmp_path: Path) -> None:
    run("kitty", 60, 5, tmp_path, sys.stdout.write)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_picture_is_stray_or_left_after_ten_thousand_keys(tmp_path: Path, kind: str) -> None:
    run(kind, 10_000, 1, tmp_path, sys.stdout.write)
