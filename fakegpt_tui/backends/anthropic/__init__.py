"""Backend for services that speak the Anthropic Messages API, and its requests.

https://platform.claude.com/docs/en/api/messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder, PausedReply
from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.api.body_builder import BodyBuilder
from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.backends.api.model_list import ModelPage, read_page
from fakegpt_tui.backends.api.refused_fields import IS_UNSUPPORTED, error_words
from fakegpt_tui.backends.api.request_builder import RequestTarget
from fakegpt_tui.backends.api.turns import JoinedTurn, fingerprint, join_turns, split_system
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.prompt_content import Content
from fakegpt_tui.domain import ContextMessage, Model, StreamEvent, Usage
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.text import replace_surrogates

VERSION: Final = "2023-06-01"
"""What every server knows; https://platform.claude.com/docs/en/api/versioning."""

_OWN_HOST: Final = "api.anthropic.com"
_LIMIT: Final = 4_096
_MOST: Final = 32_000
"""Tokens of a reply where the person sets no limit: one must be sent."""

_ADAPTIVE: Final = ("thinking.type", '"adaptive"')
"""What models before Claude 4.6 refuse; they take a budget of tokens instead."""

_BUDGET: Final = 8_192
_LEAST_BUDGET: Final = 1_024
_MAX_PAUSES: Final = 5
_MAX_SEARCHES: Final = 5


class MessageBuilder(BodyBuilder):
    """Builds the requests for one message; one that pauses is continued within the same reply."""

    required = frozenset({"max_tokens"})

    def __init__(
        self,
        request: ReplyRequest,
        transport: Transport,
        target: RequestTarget,
        *,
        largest_reply: int | None,
    ) -> None:
        """`largest_reply` is how many tokens a reply of the model may have, if that is known."""
        super().__init__(request, transport, target)
        self._is_own_host = transport.address.host == _OWN_HOST
        self._limit = self._limit or min(largest_reply or _LIMIT, _MOST)
        self._paused: PausedReply | None = None
        self._pauses = 0
        self._decoder: MessageDecoder | None = None

    @property
    def notices(self) -> Sequence[StreamEvent]:
        return [] if self._pauses else super().notices

    def decoder(self) -> MessageDecoder:
        self._decoder = MessageDecoder(
            self._continued_text,
            after=self._paused,
            may_pause=self._pauses < _MAX_PAUSES,
            save_state=self._keep,
        )
        return self._decoder

    def learn(self, usage: Usage) -> None:
        if not self._pauses:  # later ones count what was sent before, too
            super().learn(usage)

    def go_on(self) -> bool:
        paused = self._decoder and self._decoder.paused
        if not paused:
            return False
        self._paused = paused
        self._pauses += 1
        return True

    def _headers(self) -> Mapping[str, str]:
        return {**super()._headers(), **version_header(self._service.api_version)}

    def _messages(self, messages: Sequence[ContextMessage]) -> dict[str, object]:
        system, others = split_system(messages)
        made: list[dict[str, object]] = []
        spoken = [each for each in others if each.text.strip() or each.parts]
        for turn in join_turns(spoken, self._content):
            made.append({"role": turn.role, "content": self._blocks(turn, system, made)})
        self._sent_before = fingerprint(system, made)
        if self._paused is not None:
            made.append({"role": "assistant", "content": [*self._paused.content]})
        elif self._is_continued and self._variant.prefill and made:
            # White space at the end of what is continued is refused.
            made[-1]["content"] = str(made[-1]["content"]).rstrip()
        head = {"system": system} if system.strip() else {}
        return {"model": replace_surrogates(self._model), **head, "messages": made}

    def _blocks(self, turn: JoinedTurn, system: str, made: list[dict[str, object]]) -> object:
        kept = self._replayed(turn, fingerprint(system, made))
        if kept is not None:
            return kept
        return [_block(each) for each in turn.contents] if turn.has_media else turn.text

    def _own_fields(self) -> Mapping[str, object]:
        fields: dict[str, object] = {}
        cache = self._service.cache or ("5m" if self._is_own_host else "off")
        if cache != "off":
            ttl = {} if cache == "5m" else {"ttl": cache}
            fields["cache_control"] = {"type": "ephemeral", **ttl}
        if self._service.web_search:
            search = {"type": "web_search_20250305", "name": "web_search"}
            fields["tools"] = [{**search, "max_uses": _MAX_SEARCHES}]
        return fields

    def _body(self) -> dict[str, object]:
        body = super()._body()
        body.setdefault("max_tokens", _LIMIT)
        match body.get("thinking"):
            case dict(thinking) if "type" not in thinking:
                body.pop("thinking")
                if _ADAPTIVE in self._variant.left_out_values:
                    body |= _with_budget(thinking, self._limit or _LIMIT)
            case _:
                pass
        return body

    def _adapt(self, error_text: str) -> bool:
        words, variant = error_words(error_text), self._variant
        match self._optional():
            case {"thinking.type": "adaptive"} if _ADAPTIVE not in variant.left_out_values:
                is_meant = "adaptive" in words or "thinking.type" in words
                values = variant.left_out_values | {_ADAPTIVE}
                if is_meant and IS_UNSUPPORTED.search(words):
                    return self._change(replace(variant, left_out_values=values))
            case _:
                pass
        return super()._adapt(error_text)

    def _lower_limit(self, error_text: str, window: int | None) -> bool:
        refused = self._limit
        is_lower = super()._lower_limit(error_text, window)
        if is_lower and self._limit is None and refused is not None:
            # One must be sent, and nothing tells how large it may be.
            self._limit = min(_LIMIT, refused // 2)
        return is_lower and self._limit != 0

    def _is_opaque(self, item: Mapping[str, object]) -> bool:
        match item:
            case {"type": "text" | "tool_use"}:
                return False
            case {"type": "thinking"}:
                return bool(item.get("signature"))
            case _:
                return True


def _with_budget(thinking: Mapping[str, object], limit: int) -> dict[str, object]:
    """Thinking as older models take it, if the limit of the reply leaves room for it."""
    budget = min(_BUDGET, limit // 2)
    if budget < _LEAST_BUDGET:
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget, **thinking}}


def _block(content: Content) -> dict[str, object]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    source = {"type": "base64", "media_type": content.media_type, "data": content.data}
    if content.is_picture:
        return {"type": "image", "source": source}
    return {"type": "document", "title": content.name, "source": source}


def version_header(version: str) -> dict[str, str]:
    """The header without which the service refuses any request."""
    return {"anthropic-version": version or VERSION}


_PAGE: Final = 1_000
_MAX_PAGES: Final = 20
_HAS_VERSION: Final = lazy_pattern(r"/v\d++\w*\Z")


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
