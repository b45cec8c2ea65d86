"""Services that the pages have a `config.toml` for: each is asked at the right address."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.cli.app import build_api_backend
from fakegpt_tui.config.services import parse_services
from fakegpt_tui.config.sources import Table
from fakegpt_tui.domain import GenerationSettings, Secret
from tests.docs.tables import DOCS
from tests.signed_in import ASK

LIMITED = replace(ASK, generation=GenerationSettings(max_tokens=100))
"""With a limit, so that no list of models is asked for."""

PATHS = {
    "chat-completions": {
        "ollama": "http://127.0.0.1:11434/v1/chat/completions",
        "llama.cpp": "http://127.0.0.1:8080/v1/chat/completions",
        "lm-studio": "http://127.0.0.1:1234/v1/chat/completions",
        "vllm": "http://127.0.0.1:8000/v1/chat/completions",
        "jan": "http://127.0.0.1:1337/v1/chat/completions",
        "litellm": "http://127.0.0.1:4000/v1/chat/completions",
        "gemini": "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        "mistral": "https://api.mistral.ai/v1/chat/completions",
        "groq": "https://api.groq.com/openai/v1/chat/completions",
        "deepseek": "https://api.deepseek.com/v1/chat/completions",
        "openrouter": "https://openrouter.ai/api/v1/chat/completions",
        "together": "https://api.together.xyz/v1/chat/completions",
    },
    "responses": {
        "openai": "https://api.openai.com/v1/responses",
        "azure": "https://resource.openai.azure.com/openai/v1/responses",
        "xai": "https://api.x.ai/v1/responses",
        "openrouter": "https://openrouter.ai/api/v1/responses",
        "lm-studio": "http://127.0.0.1:1234/v1/responses",
        "vllm": "http://127.0.0.1:8000/v1/responses",
        "ollama": "http://127.0.0.1:11434/v1/responses",
        "mistral": "https://api.mistral.ai/v1/responses",
        "deepseek": "https://api.deepseek.com/v1/responses",
        "groq": "https://api.groq.com/openai/v1/responses",
        "llama.cpp": "http://127.0.0.1:8080/v1/responses",
        "litellm": "http://127.0.0.1:4000/v1/responses",
    },
    "messages": {
        "claude": "https://api.anthropic.com/v1/messages",
        "openrouter": "https://openrouter.ai/api/v1/messages",
        "deepseek": "https://api.deepseek.com/anthropic/v1/messages",
        "moonshot": "https://api.moonshot.ai/anthropic/v1/messages",
        "zai": "https://api.z.ai/api/anthropic/v1/messages",
        "minimax": "https://api.minimax.io/anthropic/v1/messages",
        "vllm": "http://127.0.0.1:8000/v1/messages",
        "lm-studio": "http://127.0.0.1:1234/v1/messages",
        "llama.cpp": "http://127.0.0.1:8080/v1/messages",
        "ollama": "http://127.0.0.1:11434/v1/messages",
        "litellm": "http://127.0.0.1:4000/v1/messages",
    },
}
BEARER = {"openrouter"}


@pytest.mark.parametrize("page", PATHS)
async def test_each_service_of_a_page_is_asked_at_its_address(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text()
    found = {}
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        values = tomllib.loads(block)["services"]
        table = Table(values, path=Path("/conf/config.toml"), name="services")
        names = list(table)
        made = parse_services(table)
        for name in names:
            service = made[name].service
            backend = build_api_backend(service, lambda: Secret("k"), lambda _state: None)
            shown = await backend.preview(LIMITED)  # type: ignore[attr-defined]
            found[name] = shown.url
            headers = {each.lower() for each, _ in shown.headers}
            is_bearer = page != "messages" or name in BEARER
            expected = service.key_header or ("authorization" if is_bearer else "x-api-key")
            assert expected.lower() in headers
    assert found == PATHS[page]
    assert len(found) >= 10
