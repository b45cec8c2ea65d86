"""Backend for services that use the OpenAI protocol of chat completions."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.openai.request import CompletionBuilder
from fakegpt_tui.backends.openai.server_details import with_details
from fakegpt_tui.domain import Model, ServiceError
from fakegpt_tui.domain.media_types import PDF
from fakegpt_tui.domain.server_families import server_family
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy

_FILE_TYPES: Final = {"api.openai.com": (PDF,), "openrouter.ai": (PDF,)}
"""What hosts are known to take as files, as of November 2026; all others get text."""


_DETAILS_SECONDS: Final = 3.0


class OpenAIBackend(ApiBackend):
    """Streams chat completions, of a hosted service or a model server."""

    async def _list_models(self) -> tuple[Model, ...]:
        """The models, with what servers of known families tell beside the list."""
        found = await super()._list_models()
        owner = next((model.owner for model in found), "")
        family = server_family(self._transport.address.text, owner).name
        with suppress(ServiceError, TimeoutError):
            async with asyncio.timeout(_DETAILS_SECONDS):
                return await with_details(family, found, self._ask_root)
        return found

    async def _ask_root(self, path: str, body: Mapping[str, object] | None) -> bytes:
        """The answer of the server to a path above that of the protocol."""
        address = self._transport.address
        root = OpenAIBackend(
            Transport(replace(self._transport.service, url=address.origin)),
            self._key,
            retries=RetryPolicy(max_attempts=1),
        )
        return await root._fetch(path, bytes, response_error, body=body)

    def _build(self, request: ReplyRequest, model: str) -> CompletionBuilder:
        return CompletionBuilder(
            request,
            self._target(model, "/chat/completions"),
            takes=_FILE_TYPES.get(self._transport.address.host, ()),
        )
