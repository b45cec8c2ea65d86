"""What a plain chat has said."""

import pytest


@pytest.fixture
def said() -> list[str]:
    return []
