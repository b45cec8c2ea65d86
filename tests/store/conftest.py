from collections.abc import Iterator
from pathlib import Path

import pytest

from fakegpt_tui.store.conversation_store import ConversationStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "conversations.db"


@pytest.fixture
def store(path: Path) -> Iterator[ConversationStore]:
    with ConversationStore.open(path) as store:
        yield store
