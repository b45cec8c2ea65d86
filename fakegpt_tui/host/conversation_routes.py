"""Conversation routes: list, show, rename and delete conversations."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from fakegpt_tui.host.access import Access
from fakegpt_tui.host.conversation_cache import CachedConversation, Owner
from fakegpt_tui.host.conversations import Conversations
from fakegpt_tui.host.errors import json_response
from fakegpt_tui.host.request_body import read_json
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.protocol.fakegpt import InvalidRequest

_MAX_PAGE_SIZE = 100
_PAGE_SIZE = 28
_TITLE_LENGTH = 200
_GENERATED_TITLE_LENGTH = 40
_PIECE = 65_536
_SUCCESS = {"success": True}


@dataclass(frozen=True, slots=True)
class ConversationRoutes:
    """The conversations of the owner of a request."""

    access: Access
    conversations: Conversations

    def routes(self) -> list[Route]:
        one = "/api/conversation/{conversation_id}"
        return [
            Route("/api/conversations", self._list),
            Route("/api/conversations", self._clear, methods=["PATCH", "PUT"]),
            Route("/api/conversation/gen_title/{conversation_id}", self._title, methods=["POST"]),
            Route(one, self._show),
            # Clients use PATCH, while the documentation of the service had PUT.
            Route(one, self._change, methods=["PATCH", "PUT"]),
        ]

    async def _list(self, request: Request) -> Response:
        owner = self.access.require_owner(request)
        offset = _number(request.query_params, "offset", 0)
        limit = min(_number(request.query_params, "limit", _PAGE_SIZE), _MAX_PAGE_SIZE)
        by_creation = request.query_params.get("order") == "created"
        page, total = await self.conversations.page(
            owner, offset=offset, limit=limit, by_creation=by_creation
        )
        return json_response(
            fakegpt.conversations_body(page, total=total, limit=limit, offset=offset)
        )

    async def _clear(self, request: Request) -> Response:
        owner = self.access.require_owner(request)
        match await read_json(request):
            case {"is_visible": False}:
                await self.conversations.clear(owner)
                return json_response(_SUCCESS)
            case _:
                raise InvalidRequest("false is required", "is_visible")

    async def _show(self, request: Request) -> Response:
        _, conversation = await self._find(request)
        return StreamingResponse(
            _in_turns(conversation.body()),
            headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
            media_type="application/json",
        )

    async def _change(self, request: Request) -> Response:
        owner, conversation = await self._find(request)
        match await read_json(request):
            case {"is_visible": False}:
                await self.conversations.delete(owner, conversation.id)
            case {"title": str(title)} if title.strip():
                title = title.strip()[:_TITLE_LENGTH]
                await self.conversations.rename(owner, conversation.id, title)
            case _:
                raise InvalidRequest("a text is required", "title")
        return json_response(_SUCCESS)

    async def _title(self, request: Request) -> Response:
        owner, conversation = await self._find(request)
        await read_json(request)
        if conversation.title:
            # Some clients read only the one, some only the other.
            message = f"Conversation {conversation.id} already has title '{conversation.title}'"
            return json_response({"message": message, "title": conversation.title})
        title = make_title(conversation.first_prompt())
        await self.conversations.rename(owner, conversation.id, title)
        return json_response({"title": title or fakegpt.DEFAULT_TITLE})

    async def _find(self, request: Request) -> tuple[Owner, CachedConversation]:
        owner = self.access.require_owner(request)
        conversation_id = request.path_params["conversation_id"]
        conversation = await self.conversations.find(owner, conversation_id)
        if conversation is None:
            raise HTTPException(
                HTTPStatus.NOT_FOUND, f"Can't load conversation {conversation_id[:_TITLE_LENGTH]}"
            )
        return owner, conversation


async def _in_turns(pieces: Iterable[str]) -> AsyncGenerator[str]:
    """The same text in larger pieces, between which others have their turn."""
    gathered: list[str] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > _PIECE:
            yield "".join(gathered)
            gathered, size = [], 0
            await asyncio.sleep(0)
    yield "".join(gathered)


def make_title(prompt: str) -> str:
    """The beginning of `prompt`, of whole words where they are short enough."""
    line = " ".join(prompt[: _GENERATED_TITLE_LENGTH * 10].split())
    if len(line) <= _GENERATED_TITLE_LENGTH:
        return line
    cut = line[:_GENERATED_TITLE_LENGTH]
    return f"{cut.rpartition(' ')[0] or cut}…"


def _number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > len("1000000000"):
        raise InvalidRequest("a number is required", name)
    return int(text)
