"""Request builder with optional fields: each is left out where the service refuses it.

What the program adds on its own and what settings make are fields at paths such as
`reasoning.effort`. What a service wants back unread is sent once more without it if refused.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from fakegpt_tui.backends.api.refused_fields import error_words, is_vague
from fakegpt_tui.backends.api.request_builder import GO_ON, ApiRequestBuilder, RequestTarget
from fakegpt_tui.backends.api.request_variant import REFUSES_PREFILL, RequestVariant
from fakegpt_tui.backends.api.turns import JoinedTurn, StateOwner, without_system_role
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import ContextMessage
from fakegpt_tui.domain.media_types import PDF
from fakegpt_tui.domain.parts import Origin
from fakegpt_tui.domain.request_fields import nested
from fakegpt_tui.domain.setting_kinds import deep_merge
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.http.clients import Transport

_STATE: Final = lazy_pattern(
    r"thinking|signature|encrypted|reasoning|required following item|item_reference|\brs_"
    r"|summary|input\[\d+\]|could not be verified|unknown item|tool_use_id|tool_result"
)
"""What is said of something that was sent back."""

_REPLAY_REFUSED: Final = (
    "The service did not take back what it had given along with earlier replies (such as hidden"
    " thoughts), so the conversation was sent without that."
)


class BodyBuilder(ApiRequestBuilder):
    """Builds the requests for one reply of a protocol that has optional fields and kept state."""

    required: ClassVar[frozenset[str]] = frozenset()
    """Fields without which the service takes no request."""

    shown_only: ClassVar[frozenset[str]] = frozenset()
    """Fields that only let more be shown of a reply."""

    def __init__(self, request: ReplyRequest, transport: Transport, target: RequestTarget) -> None:
        takes = () if transport.address.is_loopback else (PDF,)
        super().__init__(request, target, takes=takes)
        self._service = transport.service
        self._is_local = transport.address.is_loopback
        self._owner = StateOwner(str(target.kind), self._service.name, target.model)
        self._sent_before = ""
        """A print of all that goes before the reply."""
        self._has_replayed = False

    @abstractmethod
    def _messages(self, messages: Sequence[ContextMessage]) -> dict[str, object]:
        """The model and the conversation, as the body has them; sets `_sent_before`."""

    @abstractmethod
    def _own_fields(self) -> Mapping[str, object]:
        """What the program adds on its own, by its paths."""

    @abstractmethod
    def _is_opaque(self, item: Mapping[str, object]) -> bool:
        """Does the service want an item of a reply back, which a person cannot read?"""

    def _optional(self) -> dict[str, object]:
        """The fields that may be left out, by their paths, and the tables that hold such fields."""
        found = {**self._own_fields(), **self.fields.by_path()}
        outer = {path.rpartition(".")[0]: "a table" for path in found if "." in path}
        fields = {**outer, **found}
        return {path: value for path, value in fields.items() if path not in self.required}

    def _body(self) -> dict[str, object]:
        messages = self._fitter.messages
        if self._is_continued and not self._variant.prefill:
            messages = (*messages, GO_ON)
        if self._variant.system_in_prompt:
            messages = without_system_role(messages)
        self._has_replayed = False
        body: dict[str, object] = {**self._messages(messages), "stream": True}
        for path, value in self._own_fields().items():
            if path not in self._variant.left_out:
                body = deep_merge(body, nested(path, value))
        return self.fields.into(body, without=self._variant.without(self._optional()))

    def _effectless(self) -> dict[str, str]:
        found, family = super()._effectless(), self._target.family
        is_asked = self._service.cache not in ("", "off")
        if is_asked and "cache" in family.dialect(self._target.kind).ignored:
            found["cache"] = f"{family.name} is known to ignore the setting cache."
        return found

    def _changes(self) -> Iterator[str]:
        yield from super()._changes()
        if self._known.replays and not self._variant.replays:
            yield _REPLAY_REFUSED

    def _adapt(self, error_text: str) -> bool:
        words, variant = error_words(error_text), self._variant
        if self._has_replayed and variant.replays and _STATE.search(words):
            return self._change(replace(variant, replays=False))
        if self._is_continued and variant.prefill and REFUSES_PREFILL.search(words):
            return self._change(replace(variant, prefill=False))
        return self._change(
            variant.without_system_role(words, self._request)
            or variant.without_refused(words, self._optional())
            or self._plainer(words)
        )

    def _plainer(self, words: str) -> RequestVariant | None:
        """Without what was only asked for to be shown, if that may be what was refused."""
        is_named = any(each.partition(".")[0] in words for each in self.shown_only)
        if not (is_named or is_vague(words)):
            return None
        sent = self.shown_only & self._own_fields().keys() - self._variant.left_out
        left_out = self._variant.left_out | sent
        return replace(self._variant, left_out=left_out) if sent else None

    def _replayed(self, turn: JoinedTurn, before: str) -> list[dict[str, object]] | None:
        """What was kept of a turn, where it can be sent back."""
        if turn.role != "assistant" or not self._variant.replays:
            return None
        kept = self._owner.replay(turn, before)
        self._has_replayed = self._has_replayed or kept is not None
        return kept

    def _keep(self, items: list[dict[str, object]]) -> Origin | None:
        """Keep a reply's items, if one of them is opaque."""
        if self._is_continued or not any(map(self._is_opaque, items)):
            return None
        return self._owner.keep(items, self._sent_before)
