"""Backend for services that speak the Anthropic Messages API."""

import re
from typing import Final
from urllib.parse import quote

from fakegpt_tui.backends.anthropic.request import MessageBuilder, version_header
from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.backends.api.model_list import ModelPage, read_page
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import Model

_PAGE: Final = 1_000
_MAX_PAGES: Final = 20
_HAS_VERSION: Final = re.compile(r"/v\d+\w*\Z")


class AnthropicBackend(ApiBackend):
    """Streams messages of Claude, or of a server that speaks its protocol."""

    def _build(self, request: ReplyRequest, model: str) -> MessageBuilder:
        listed = next((each for each in self._models or () if each.id == model), Model(model))
        return MessageBuilder(
            request,
            self._transport,
            self._target(model, "/messages"),
            largest_reply=listed.max_output,
        )

    async def _list_models(self) -> tuple[Model, ...]:
        found: dict[str, Model] = {}
        cursors = [""]
        while len(cursors) <= _MAX_PAGES:
            after = f"&after_id={quote(cursors[-1])}" if cursors[-1] else ""
            path = self._path(f"/models?limit={_PAGE}{after}")
            page: ModelPage = await self._fetch(path, read_page, response_error)
            found |= {each.id: each for each in page.models if each.id not in found}
            if not page.next or page.next in cursors:
                break
            cursors.append(page.next)
        return tuple(found.values())

    def _list_headers(self) -> dict[str, str]:
        return super()._list_headers() | version_header(self._transport.service.api_version)

    def _needs_list(self, request: ReplyRequest) -> bool:
        """A reply must have a limit, and the list tells how long one may be."""
        return request.generation.max_tokens is None or super()._needs_list(request)

    def _path(self, path: str) -> str:
        return path if _HAS_VERSION.search(self._transport.address.text) else f"/v1{path}"
