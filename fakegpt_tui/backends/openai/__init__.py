"""Backend for services that use the OpenAI protocol of chat completions."""

from typing import Final

from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.openai.request import CompletionBuilder
from fakegpt_tui.domain.media_types import PDF

_FILE_TYPES: Final = {"api.openai.com": (PDF,), "openrouter.ai": (PDF,)}
"""What hosts are known to take as files, as of November 2026; all others get text."""


class OpenAIBackend(ApiBackend):
    """Streams chat completions, of a hosted service or a model server."""

    def _build(self, request: ReplyRequest, model: str) -> CompletionBuilder:
        return CompletionBuilder(
            request,
            self._target(model, "/chat/completions"),
            takes=_FILE_TYPES.get(self._transport.address.host, ()),
        )
