"""What an exported ChatGPT message says, as Markdown.

What this program does not know is kept as its JSON, below a label that says what it was.
"""

import json
import re
from collections.abc import Mapping

from fakegpt_tui.text import replace_surrogates

UNKNOWN = "messages hold something of an unknown kind, shown as it was in the file"
PICTURES = "messages refer to pictures, sounds or files, which are not imported"
_QUOTED = {
    "execution_output": ("text", "Output"),
    "tether_browsing_display": ("result", "Page"),
    "tether_quote": ("text", "Quotation"),
    "system_error": ("text", "Error"),
}
"""Kinds of content that are one text, where it is, and what to call it."""

_BACKTICKS = re.compile("`+")
_WORD = re.compile("[A-Za-z0-9_+#.-]{1,30}")


class ContentReader:
    """Reads the contents of one message; `notes` says what a person should be told about it."""

    def __init__(self) -> None:
        self.notes: set[str] = set()

    def text(self, content: object) -> str:
        """The content as Markdown; empty where it says nothing."""
        match content:
            case None:
                return ""
            case {"content_type": "text" | "multimodal_text", "parts": list(parts)}:
                return "\n\n".join(filter(None, map(self._part, parts)))
            case {"content_type": "code", "text": str(text)}:
                return fence_code(text, "".join(_texts(content, "language"))) if text else ""
            case {"content_type": str(kind)} if kind in _QUOTED:
                return self._quoted(content, *_QUOTED[kind])
            case _:
                return self._unknown(content)

    def reasoning(self, content: object) -> str | None:
        """What the content says if it is a model's thinking, and `None` if it is not."""
        match content:
            case {"content_type": "thoughts", "thoughts": list(thoughts)}:
                return "\n\n".join(filter(None, map(self._thought, thoughts)))
            case {"content_type": "reasoning_recap", "content": str(text)}:
                return text
            case _:
                return None

    def _thought(self, thought: object) -> str:
        match thought:
            case {"content": str(text)}:
                summary = "".join(f"**{said}**\n\n" for said in _texts(thought, "summary"))
                return summary + text
            case _:
                return self._unknown(thought)

    def _part(self, part: object) -> str:
        match part:
            case str(text):
                return text
            case {"content_type": "audio_transcription", "text": str(text)}:
                return text
            case {"content_type": str(kind), "asset_pointer": str(where)}:
                self.notes.add(PICTURES)
                what = "Picture" if "image" in kind else "Attachment"
                return f"[{what}: {where}]"
            case None:
                return ""
            case _:
                return self._unknown(part)

    def _quoted(self, content: object, name: str, label: str) -> str:
        """Output of a tool, below a label and what else is known about it."""
        about = " · ".join([f"[{label}]", *_texts(content, "title", "name", "domain", "url")])
        return "\n\n".join([about, *map(fence_code, _texts(content, name))])

    def _unknown(self, content: object) -> str:
        self.notes.add(UNKNOWN)
        match content:
            case {"content_type": str(kind)} if _WORD.fullmatch(kind):
                label = f"[Content of the kind {kind}]"
            case _:
                label = "[Content of an unknown kind]"
        return f"{label}\n\n{fence_code(json.dumps(content, indent=2, ensure_ascii=False), 'json')}"


def fence_code(text: str, language: str = "") -> str:
    """`text` as a code block that nothing inside can end."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    label = language if _WORD.fullmatch(language) and language != "unknown" else ""
    return f"{fence}{label}\n{replace_surrogates(text)}\n{fence}"


def _texts(content: object, *names: str) -> list[str]:
    """The values of these names that are texts with something in them."""
    if not isinstance(content, Mapping):
        return []
    return [text for name in names if isinstance(text := content.get(name), str) and text]
