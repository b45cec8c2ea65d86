"""The official clients of OpenAI's and Anthropic's protocols against the host."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from fakegpt_tui.domain import RateLimited, ReplyEnded, TextDelta
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from tests.host.keys import new_key
from tests.sdks import sdks

__all__ = ["sdks"]  # the fixture

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

ANTHROPIC = """
import anthropic, sys
address = sys.argv[1].removesuffix("/v1")
client = anthropic.Anthropic(base_url=address, api_key=sys.argv[2])
print([model.id for model in client.models.list()], client.models.retrieve("scripted").type)
asked = dict(model="scripted", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
whole = client.messages.create(**asked)
print(whole.content[0].text, whole.stop_reason, whole.usage.output_tokens > 0)
with client.messages.stream(**asked) as stream:
    print("".join(stream.text_stream), stream.get_final_message().stop_reason)
try:
    client.with_options(max_retries=0).messages.create(**asked)
except anthropic.RateLimitError as error:
    print(type(error).__name__, error.response.headers["retry-after"], error.api_message)
try:
    anthropic.Anthropic(base_url=address, api_key="x").messages.create(**asked)
except anthropic.AuthenticationError as error:
    print(type(error).__name__, error.type, bool(error.request_id))
print(client.messages.count_tokens(model="scripted", messages=asked["messages"]).input_tokens > 0)
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
    "anthropic": (
        ANTHROPIC,
        f"['scripted'] model\n{SAID} end_turn True\n{SAID} end_turn\n"
        "RateLimitError 7 Wait.\nAuthenticationError authentication_error True\nTrue\n",
    ),
    "langchain": (LANGCHAIN, f"{SAID}\n{SAID}\n"),
    "llm": (LLM, f"{SAID}\nTrue\n"),
}


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
