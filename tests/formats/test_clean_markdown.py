"""Markdown for a colleague: what was said, and nothing of this program."""

from dataclasses import replace
from pathlib import Path

from fakegpt_tui.domain import MessageStatus, Role
from fakegpt_tui.formats.saving import save_as
from tests.formats.trees import CONVERSATION, branched, message


def test_the_shown_path_is_written_without_ids(tmp_path: Path) -> None:
    conversation, messages = branched()
    path = save_as(conversation, messages, tmp_path, suffix="clean.md")
    text = path.read_text()
    assert path.name.endswith(".clean.md")
    assert text.startswith(f"# {CONVERSATION.title}\n\n## Question\n\n")
    assert "They *meander*." in text
    assert "Where to?" not in text
    assert conversation.id not in text
    assert "<!--" not in text
    assert "sha256" not in text


def test_folder_and_tags_stand_below_the_title(tmp_path: Path) -> None:
    conversation, messages = branched()
    conversation = replace(conversation, folder="Sea/a*b", tags=("wet", "big fish"))
    text = save_as(conversation, messages, tmp_path, suffix="clean.md").read_text()
    assert f"# {CONVERSATION.title}\n\n*Sea/a\\*b · \\#wet \\#big fish*\n\n## Question" in text


def test_a_reply_that_was_stopped_says_so_and_an_open_fence_is_closed(tmp_path: Path) -> None:
    prompt = message("code?", id="p", role=Role.USER)
    reply = message("```py\nx = 1", id="r", parent_id="p")
    reply = replace(reply, status=MessageStatus.STOPPED, model="small", reasoning="a thought")
    conversation = replace(CONVERSATION, leaf_id="r")
    text = save_as(conversation, [prompt, reply], tmp_path, suffix="clean.md").read_text()
    assert "## Answer (small), stopped\n\n```py\nx = 1\n```\n" in text
    assert "a thought" not in text
