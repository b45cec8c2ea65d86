"""Settings of a text, flags and an environment, or the error that they lead to."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from fakegpt_tui.config.load import build_settings
from fakegpt_tui.config.spec import Folders, Settings
from fakegpt_tui.domain import ConfigError

CONFIG = Path("/conf/config.toml")


NATIVE = Folders(
    config=Path("/conf"),
    data=Path("/data"),
    state=Path("/state"),
    cache=Path("/cache"),
    exports=Path("/data/exports"),
)


def settled(
    content: str = "",
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    return build_settings(flags or {}, environ or {}, content, path=CONFIG, folders=NATIVE)


def complaint(
    content: str = "",
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> str:
    with pytest.raises(ConfigError) as caught:
        settled(content, flags=flags, environ=environ)
    return str(caught.value)
