"""The official clients of other projects, in an environment of their own.

`FAKEGPT_TEST_SDKS` names the Python of an environment that has them already.
"""

import os
import subprocess
import sys

import pytest

PACKAGES = ("openai>=3", "anthropic>=2", "langchain-openai", "llm")


@pytest.fixture(scope="session")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python that has them."""
    if given := os.environ.get("FAKEGPT_TEST_SDKS"):
        return given
    folder = tmp_path_factory.mktemp("sdks")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python
