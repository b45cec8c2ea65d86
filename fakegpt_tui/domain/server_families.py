"""Server families: where servers of a kind take each generation setting, and which they ignore."""

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Final

from fakegpt_tui.domain.generation import ROW_BY_NAME, BodyFields, SettingPath
from fakegpt_tui.domain.services import ServiceKind
from fakegpt_tui.fast_import import dataclass


def _reasoning(value: str) -> BodyFields:
    if value.isdecimal():
        return {"reasoning.max_tokens": int(value)}
    return {"reasoning.enabled": value != "off"}


def _thinking_type(value: str) -> BodyFields:
    return {"thinking.type": "disabled" if value == "off" else "enabled"}


def _google_thinking(value: str) -> BodyFields:
    config = "extra_body.google.thinking_config"
    if value == "on":
        return {f"{config}.include_thoughts": True}
    return {f"{config}.thinking_budget": int(value) if value.isdecimal() else 0}


def _template_switch(value: str) -> BodyFields:
    """Thinking of model servers that take it as an argument of the chat template."""
    fields: dict[str, object] = {"chat_template_kwargs.enable_thinking": value != "off"}
    if value.isdecimal():
        fields |= {"thinking.type": "enabled", "thinking.budget_tokens": int(value)}
    return fields


def _enabled_thinking(value: str) -> BodyFields:
    """Thinking of servers of the Messages API that do not know “adaptive”."""
    budget = {"thinking.budget_tokens": int(value)} if value.isdecimal() else {}
    return {**_thinking_type(value), **budget}


_EFFORT_ONLY: Final = SettingPath(
    "reasoning_effort",
    write=lambda value: {"reasoning_effort": "none"} if value == "off" else {},
)


@dataclass(frozen=True, slots=True)
class FamilyDialect:
    """How a family speaks one protocol.

    `paths` are where it takes settings in another place than the protocol says. What it accepts
    without effect is `ignored`, and so is what is `idle_in_thought` unless thinking is off. The
    names are those of generation settings, and `cache`. `uncounted` are fields of `Usage` in which
    it always writes zero.
    """

    paths: Mapping[str, SettingPath] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    idle_in_thought: frozenset[str] = frozenset()
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerFamily:
    """Servers that take settings alike, known by their `addresses` or the `owner` in their lists.

    `limit` is how they call the longest reply in chat completions.
    """

    name: str
    addresses: str = ""
    owner: str = ""
    limit: str = "max_tokens"
    chat: FamilyDialect = FamilyDialect()
    responses: FamilyDialect = FamilyDialect()
    anthropic: FamilyDialect = FamilyDialect()

    def dialect(self, kind: ServiceKind) -> FamilyDialect:
        """How the family speaks the protocol of a service."""
        match kind.value:
            case "openai":
                return self.chat
            case "responses":
                return self.responses
            case "anthropic":
                return self.anthropic
            case _:
                return FamilyDialect()


def _same_as_chat(*names: str) -> dict[str, SettingPath]:
    """The paths of settings that pass a server as in chat completions."""
    return {name: ROW_BY_NAME[name].chat for name in names}


ANY_SERVER: Final = ServerFamily("")
FAMILIES: Final = (
    ServerFamily(
        "OpenAI",
        r"\bapi\.openai\.com\b|\.openai\.azure\.com\b|\.cognitiveservices\.azure\.com\b",
        limit="max_completion_tokens",
        chat=FamilyDialect({"thinking": _EFFORT_ONLY}),
    ),
    # github.com/ollama/ollama, openai/responses.go and anthropic/anthropic.go, August 2026.
    ServerFamily(
        "Ollama",
        r":11434\b|\bollama\b",
        owner="library",
        chat=FamilyDialect(
            {"thinking": _EFFORT_ONLY},
            frozenset({"top_k", "min_p", "repetition_penalty", "num_ctx", "service_tier"}),
        ),
        responses=FamilyDialect(
            ignored=frozenset({"verbosity", "service_tier", "cache"}),
            uncounted=("cache_read", "reasoning"),
        ),
        anthropic=FamilyDialect(
            {"thinking": SettingPath("thinking", write=_enabled_thinking)},
            frozenset({"schema", "service_tier", "cache"}),
        ),
    ),
    # api-docs.deepseek.com/guides/anthropic_api and /guides/thinking_mode, November 2026.
    ServerFamily(
        "DeepSeek",
        r"\bapi\.deepseek\.com\b",
        chat=FamilyDialect(
            {"thinking": SettingPath("thinking.type", write=_thinking_type)},
            frozenset({"seed", "top_k", "min_p", "repetition_penalty", "num_ctx"}),
            frozenset({"temperature", "top_p"}),
        ),
        anthropic=FamilyDialect(
            {"thinking": SettingPath("thinking", write=_enabled_thinking)},
            frozenset({"top_k", "schema", "service_tier", "cache"}),
            frozenset({"temperature", "top_p"}),
        ),
    ),
    ServerFamily(
        "OpenRouter",
        r"\bopenrouter\.ai\b",
        chat=FamilyDialect(
            {
                "thinking": SettingPath("reasoning", write=_reasoning),
                "effort": SettingPath("reasoning.effort"),
            },
            frozenset({"num_ctx"}),
        ),
    ),
    ServerFamily(
        "Together",
        r"\bapi\.together\.(?:xyz|ai)\b",
        chat=FamilyDialect({"thinking": SettingPath("reasoning", write=_reasoning)}),
    ),
    ServerFamily(
        "Mistral",
        r"\bapi\.mistral\.ai\b",
        chat=FamilyDialect({"seed": SettingPath("random_seed")}),
    ),
    ServerFamily(
        "Gemini",
        r"\bgenerativelanguage\.googleapis\.com\b",
        chat=FamilyDialect({"thinking": SettingPath("extra_body.google", write=_google_thinking)}),
    ),
    # github.com/ggml-org/llama.cpp, tools/server/server-chat.cpp, November 2026: Responses keep
    # all fields that have no place of their own, Messages only a few.
    ServerFamily(
        "llama.cpp",
        owner="llamacpp",
        chat=FamilyDialect(
            {"repetition_penalty": SettingPath("repeat_penalty")},
            frozenset({"num_ctx", "service_tier", "verbosity"}),
        ),
        responses=FamilyDialect(
            {
                **_same_as_chat("seed", "stop", "thinking", "top_k", "min_p", "schema"),
                "repetition_penalty": SettingPath("repeat_penalty"),
            },
            frozenset({"service_tier", "verbosity", "cache"}),
        ),
        anthropic=FamilyDialect(
            {"thinking": SettingPath("chat_template_kwargs", write=_template_switch)},
            frozenset({"effort", "schema", "service_tier", "cache"}),
        ),
    ),
    # github.com/vllm-project/vllm, vllm/entrypoints, November 2026.
    ServerFamily(
        "vLLM",
        owner="vllm",
        chat=FamilyDialect(ignored=frozenset({"num_ctx", "verbosity"})),
        responses=FamilyDialect(_same_as_chat("seed", "stop", "top_k", "repetition_penalty")),
        anthropic=FamilyDialect(
            {
                "thinking": SettingPath(
                    "chat_template_kwargs.enable_thinking",
                    write=lambda value: {"chat_template_kwargs.enable_thinking": value != "off"},
                )
            },
            frozenset({"service_tier", "cache"}),
        ),
    ),
    ServerFamily(
        "LM Studio",
        r":1234\b",
        owner="organization_owner",
        chat=FamilyDialect({"repetition_penalty": SettingPath("repeat_penalty")}),
    ),
)


@lru_cache(maxsize=64)
def server_family(address: str, owner: str = "") -> ServerFamily:
    """The family of the server at `address`, which calls the owner of its models `owner`."""
    for family in FAMILIES:
        if family.addresses and re.search(family.addresses, address):
            return family
    return next((each for each in FAMILIES if owner and each.owner == owner), ANY_SERVER)
