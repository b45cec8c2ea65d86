"""Backend for services that speak the OpenAI Responses API, and its requests.

https://developers.openai.com/api/docs/api-reference/responses/create. All of the conversation goes
along each time, and nothing is named by an id that the service would have to know.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.api.body_builder import BodyBuilder
from fakegpt_tui.backends.api.turns import JoinedTurn, fingerprint, join_turns, split_system
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.prompt_content import Content
from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from fakegpt_tui.domain import ContextMessage
from fakegpt_tui.text import replace_surrogates

_OPAQUE: Final = "reasoning.encrypted_content"
_SOURCES: Final = "web_search_call.action.sources"


class ResponseBuilder(BodyBuilder):
    """Builds the requests for one response."""

    shown_only = frozenset({"reasoning.summary"})

    def decoder(self) -> ResponseDecoder:
        uncounted = self._target.family.responses.uncounted
        return ResponseDecoder(self._continued_text, save_state=self._keep, uncounted=uncounted)

    def _messages(self, messages: Sequence[ContextMessage]) -> dict[str, object]:
        system, others = split_system(messages)
        items: list[dict[str, object]] = []
        for turn in join_turns(others, self._content):
            items += self._items(turn, fingerprint(system, items))
        self._sent_before = fingerprint(system, items)
        instructions = {"instructions": system} if system else {}
        return {"model": replace_surrogates(self._model), **instructions, "input": items}

    def _own_fields(self) -> Mapping[str, object]:
        include = [] if self._is_local else [_OPAQUE]
        fields: dict[str, object] = {"store": False}
        if not self._is_local:
            # Without it thoughts are hidden; model servers show them unasked.
            fields["reasoning.summary"] = "auto"
        if self._service.web_search:
            fields["tools"] = [{"type": "web_search"}]
            include.append(_SOURCES)
        if include:
            fields["include"] = include
        if self._service.cache not in ("", "off"):
            first = next((each.text for each in self._request.messages), "")
            fields["prompt_cache_key"] = fingerprint(self._service.name, first)[:32]
        return fields

    def _items(self, turn: JoinedTurn, before: str) -> list[dict[str, object]]:
        kept = self._replayed(turn, before)
        if kept is None:
            return [{"type": "message", "role": turn.role, "content": _content(turn)}]
        # A reasoning item without a summary is refused, even where there is none.
        return [{"summary": [], **each} if each.get("type") == "reasoning" else each
                for each in kept]  # fmt: skip

    def _is_opaque(self, item: Mapping[str, object]) -> bool:
        match item:
            case {"type": "message"}:
                return False
            case {"type": "reasoning"}:
                return bool(item.get("encrypted_content"))
            case _:
                return True


def _content(turn: JoinedTurn) -> object:
    """The value of `content`; only text is a string, which all servers read."""
    return [_part(each) for each in turn.contents] if turn.has_media else turn.text


def _part(content: Content) -> dict[str, object]:
    if isinstance(content, str):
        return {"type": "input_text", "text": content}
    if content.is_picture:
        return {"type": "input_image", "image_url": content.url, "detail": content.detail or "auto"}
    return {"type": "input_file", "filename": content.name, "file_data": content.url}


class ResponsesBackend(ApiBackend):
    """Streams responses; the service is asked to keep nothing of them."""

    def _build(self, request: ReplyRequest, model: str) -> ResponseBuilder:
        target = self._target(model, "/responses")
        return ResponseBuilder(request, self._transport, target)
