"""Masks of secrets: by their place in headers and addresses, and by the shapes that keys have."""

import re
from collections.abc import Iterable
from typing import Final

MASK: Final = "••••"

_KEY_HEADERS: Final = frozenset({
    *("authorization", "proxy-authorization", "x-authorization", "www-authenticate"),
    *("x-api-key", "api-key", "apikey", "x-goog-api-key", "x-auth-token", "x-access-token"),
    *("cookie", "set-cookie", "ocp-apim-subscription-key", "x-amz-security-token"),
})  # fmt: skip
_KEY_FIELDS: Final = re.compile(
    r"([?&](?:[\w-]*key|[\w-]*token|[\w-]*secret|password|passwd|pwd|sig|signature|code|auth)=)"
    r"[^&#]*",
    re.IGNORECASE,
)
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#@\s]*(?=@)")

SECRET_SHAPES: Final = (
    ("JSON web tokens", r"eyJ[\w-]{6,}(?:\.[\w-]*){1,2}"),
    ("OpenAI, Anthropic, DeepSeek, OpenRouter, Moonshot, LiteLLM", r"\b[fps]k-[\w-]{16,}"),
    ("Groq", r"\bgsk_\w{16,}"),
    ("xAI", r"\bxai-[\w-]{16,}"),
    ("Hugging Face", r"\b(?:hf|api)_[a-z0-9]{20,}"),
    ("Google", r"\bAIza[\w-]{20,}"),
    ("Google's tokens", r"\bya29\.[\w-]{16,}"),
    ("Zhipu: a name, a dot and a secret", r"\b[0-9a-f]{32}\.\w{16}\b"),
    ("Azure: 32 hexadecimal digits, and its newer keys", r"\b[0-9a-f]{32}\b|\b[a-z0-9]{76}AZOG\w+"),
    ("AWS", r"\b(?:AKIA|ASIA|ABSK)[a-z0-9+/=]{12,}"),
    ("Perplexity", r"\bpplx-\w{16,}"),
    ("Replicate", r"\br8_\w{16,}"),
    ("Fireworks", r"\bfw_\w{16,}"),
    ("Together", r"\btgp_v1_[\w-]{16,}"),
    ("NVIDIA", r"\bnvapi-[\w-]{16,}"),
    ("Cerebras", r"\bcsk-\w{16,}"),
    ("GitHub", r"\bgh[opsru]_\w{16,}|\bgithub_pat_\w{16,}"),
    ("the host of this program", r"\bfkg_\w{8,}"),
    ("what follows its name", r"(?<=bearer )\S{16,}|(?<=credential=)[^\s;&\"']+"),
    ("what follows its name", r"(?<=password=)[^\s;&\"']+|(?<=token=)[^\s;&\"']+"),
    ("what follows its name", r"(?<=token_key=)[^\s;&\"']+|(?<=key=)[^\s;&\"']{8,}"),
    ("the same in JSON", r"(?<=password[\"']: [\"'])[^\"']+|(?<=token[\"']: [\"'])[^\"']+"),
    ("a user in an address", r"(?<=://)[^\s/@]+(?=@)"),
    ("anything long without a gap", r"[a-z0-9_+/=-]{40,}"),
)
"""Whose keys look how; the second wall, for texts that services send."""
_SHAPES: Final = re.compile("|".join(shape for _, shape in SECRET_SHAPES), re.IGNORECASE | re.ASCII)


def mask_shapes(text: str) -> str:
    """`text` with what looks like a secret masked."""
    return _SHAPES.sub(MASK, text)


def mask_url(url: str) -> str:
    """An address without the user in it, and without the keys in its query."""
    return _KEY_FIELDS.sub(rf"\1{MASK}", _USER_INFO.sub(MASK, url))


def is_key_header(name: str, others: Iterable[str] = ()) -> bool:
    """Does a header hold a secret? `others` are headers of the settings: whatever they hold."""
    name = name.lower()
    return name in _KEY_HEADERS or any(name == each.lower() for each in others)
