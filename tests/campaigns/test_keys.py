import sys
from pathlib import Path

import pytest

from tests.campaigns.keys import run


async def test_the_program_answers_after_some_keys_at_random(tmp_path: Path) -> None:
    await run(40, 3, tmp_path, sys.stdout.write)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
async def test_the_program_answers_after_a_thousand_keys_at_random(
    tmp_path: Path, seed: int
) -> None:
    await run(1_000, seed, tmp_path, sys.stdout.write)
