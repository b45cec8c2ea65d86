"""Keeping presets in the configuration while the program runs."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.cli.settings_store import PresetStore
from fakegpt_tui.config.edit import read_presets, with_preset
from fakegpt_tui.config.load import load_settings
from fakegpt_tui.domain import ConfigError, GenerationSettings, Preset
from tests.domain.test_generation import settings

PATH = Path("/conf/config.toml")
MINE = """# Mine, and to stay.
theme = "dark"

[presets.terse]   # for the train
# not too cold
system_prompt = "Be brief."   # or briefer
temperature = 0.2

[keys]
"prompt.send" = "enter"
"""


def test_a_preset_is_added_and_every_line_that_was_there_stays() -> None:
    changed = with_preset(MINE, Preset("warm", "", GenerationSettings(temperature=1.5)), path=PATH)
    left = changed.splitlines()
    for line in MINE.splitlines():
        left.remove(line)
    assert [line for line in left if line] == ["[presets.warm]", "temperature = 1.5"]


def test_a_preset_is_changed_without_its_comments() -> None:
    terse = Preset("terse", "Be brief.", GenerationSettings(temperature=0.3))
    assert with_preset(MINE, terse, path=PATH) == MINE.replace("0.2", "0.3")


def test_what_a_preset_no_longer_says_is_taken_out() -> None:
    changed = with_preset(MINE, Preset("terse", "Be brief."), path=PATH)
    assert tomllib.loads(changed)["presets"] == {"terse": {"system_prompt": "Be brief."}}
    assert "# not too cold" in changed


@given(st.text(min_size=1), st.text().map(str.strip), settings)
def test_what_is_written_is_what_is_read(
    name: str, system_prompt: str, generation: GenerationSettings
) -> None:
    preset = Preset(name, system_prompt, generation)
    assert read_presets(with_preset(MINE, preset, path=PATH), path=PATH)[name] == preset


async def test_a_preset_is_there_at_once_and_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(MINE)
    book = PresetStore(load_settings({"config": str(file)}, {}).presets, file)
    known = book.presets
    preset = Preset("two words", "One\nTwo", GenerationSettings(seed=3, stop=("\n", '"')))
    await book.save(preset)
    assert list(known) == ["terse", "two words"]
    assert known["two words"] == preset
    assert load_settings({"config": str(file)}, {}).presets == known


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 61])
async def test_a_name_that_cannot_be_used_is_told_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    book = PresetStore({}, tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="name of a preset"):
        await book.save(Preset(name))
    assert list(tmp_path.iterdir()) == []
