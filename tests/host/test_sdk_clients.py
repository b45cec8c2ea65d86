"""The official clients of the OpenAI protocol against the host, in an environment of their own.

`FAKEGPT_TEST_SDKS` names the Python of an environment that has them already.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from fakegpt_tui.domain import RateLimited, ReplyEnded, TextDelta
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from tests.host.keys import new_key

Serve: TypeAlias = Callable[..., HostServer]

pytestmark = pytest.mark.long

REPLY = (TextDelta("Grüße "), TextDelta("from the host."), ReplyEnded())
SAID = "Grüße from the host."

OPENAI = """
import openai, sys
client = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2])
print([model.id for model in client.models.list()], client.models.retrieve("scripted").object)
asked = dict(model="scripted", messages=[{"role": "user", "content": "Hi"}])
whole = client.chat.completions.create(**asked)
print(whole.choices[0].message.content, whole.usage.total_tokens > 0)
asked |= {"stream": True, "stream_options": {"include_usage": True}}
chunks = list(client.chat.completions.create(**asked))
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
print(text, chunks[-1].usage is not None)
try:
    client.with_options(max_retries=0).chat.completions.create(**asked)
except openai.RateLimitError as error:
    print(type(error).__name__, error.response.headers["retry-after"], error.body["message"])
try:
    openai.OpenAI(base_url=sys.argv[1], api_key="x").models.list()
except openai.AuthenticationError as error:
    print(type(error).__name__)
"""

LANGCHAIN = """
import sys
from langchain_openai import ChatOpenAI
model = ChatOpenAI(model="scripted", base_url=sys.argv[1], api_key=sys.argv[2], stream_usage=True)
print(model.invoke("Hi").content)
print("".join(chunk.content for chunk in model.stream("Hi")))
"""

LLM = """
import sys, pathlib, os
folder = pathlib.Path(os.environ["LLM_USER_PATH"])
(folder / "extra-openai-models.yaml").write_text(
    f"- model_id: team\\n  model_name: scripted\\n  api_base: {sys.argv[1]}\\n"
    "  api_key_name: team\\n"
)
import llm
model = llm.get_model("team")
response = model.prompt("Hi", key=sys.argv[2])
print("".join(response))
print(response.usage().output > 0)
"""

PRINTED = {
    "openai": (
        OPENAI,
        f"['scripted'] model\n{SAID} True\n{SAID} True\n"
        "RateLimitError 7 Wait.\nAuthenticationError\n",
    ),
    "langchain": (LANGCHAIN, f"{SAID}\n{SAID}\n"),
    "llm": (LLM, f"{SAID}\nTrue\n"),
}


@pytest.fixture(scope="session")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> str:
    if given := os.environ.get("FAKEGPT_TEST_SDKS"):
        return given
    folder = tmp_path_factory.mktemp("sdks")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    packages = ("openai", "langchain-openai", "llm")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


@pytest.mark.parametrize("name", PRINTED)
def test_an_official_client_reads_models_replies_and_errors(
    serve: Serve, sdks: str, tmp_path: Path, name: str
) -> None:
    key, text = new_key()
    server = serve(
        REPLY, REPLY, (RateLimited("Wait.", retry_after=7),), keys=KeyRing([key]), secret_path=False
    )
    code, printed = PRINTED[name]
    done = subprocess.run(
        [sdks, "-c", code, f"{server.base_url}/v1", text],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LLM_USER_PATH": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (0, printed), done.stderr
