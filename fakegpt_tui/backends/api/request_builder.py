"""Request builder of an API: what its protocols share in building and changing a request."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from fakegpt_tui.backends.api.errors import (
    ContextWindowExceeded,
    UnsupportedParameter,
    response_error,
)
from fakegpt_tui.backends.api.refused_fields import with_plain_names
from fakegpt_tui.backends.api.reply_limit import fitting_limit, lower_limit
from fakegpt_tui.backends.api.request_variant import RequestVariant
from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.context_window import ContextFitter, WindowCache
from fakegpt_tui.backends.http_protocol import Decoder
from fakegpt_tui.backends.prompt_content import PromptContent, takes_long
from fakegpt_tui.domain import (
    ContextMessage,
    ModelChosen,
    Notice,
    Role,
    ServiceError,
    ServiceKind,
    StreamEvent,
    Usage,
)
from fakegpt_tui.domain.request_fields import RequestFields, request_fields
from fakegpt_tui.domain.server_families import ServerFamily
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.http.requests import EVENT_STREAM, HttpRequest
from fakegpt_tui.text import safe_line

GO_ON: Final = ContextMessage(
    Role.USER,
    "Your last reply was cut off. Go on exactly where it stops, in the middle of a word if need be."
    " Repeat nothing of it, and say nothing about this request.",
)
"""Asks a model to continue its reply, where it does not go on from one that comes last."""

_SETTINGS: Final = {"tools": "web_search", "cache_control": "cache"}
"""Fields that a setting of another name makes."""

_UNTOLD: Final = frozenset(
    {"store", "include", "prompt_cache_key", "thinking.display", "reasoning.summary"}
)
"""Fields that change nothing that a person would miss."""


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """What requests are built for: a model at a path, by a protocol, of a family of servers.

    `variant` is what the model has shown to accept, and `remember` is told what it accepts then.
    `told` are the settings without effect of which there was a notice before.
    """

    model: str
    path: str
    kind: ServiceKind
    family: ServerFamily
    variant: RequestVariant
    windows: WindowCache
    remember: Callable[[RequestVariant], None]
    told: set[str]


class ApiRequestBuilder(ABC):
    """Builds the requests for one reply, in a variant that the service accepts.

    What was refused is never asked again unchanged.
    """

    is_stateless: ClassVar[bool] = True

    def __init__(
        self, request: ReplyRequest, target: RequestTarget, *, takes: Iterable[str] = ()
    ) -> None:
        """`takes` are the types of files that the service is known to take besides pictures."""
        self._request = request
        self._target = target
        self._model = model = target.model
        self._content = PromptContent(request, takes=takes)
        self._known = self._variant = target.variant
        self._windows = windows = target.windows
        self._fitter = ContextFitter(request, model, windows)
        self._without_effect: Mapping[str, str] = {}
        self._fields: tuple[tuple[int | None, str], RequestFields] | None = None
        self._limit = fitting_limit(
            self._asked_limit(), lambda: self._fitter.estimate, windows.learned.get(model)
        )

    @property
    def notices(self) -> Sequence[StreamEvent]:
        told: list[StreamEvent] = [] if self._request.model else [ModelChosen(self._model)]
        told += [Notice(each) for each in self._changes()]
        asked = self._request.generation.max_tokens
        if asked is not None and self._limit != asked:
            instead = f"{self._limit:,} was sent" if self._limit else "it was not sent"
            told.append(Notice(f"A max_tokens of {asked:,} does not fit, so {instead}."))
        notice = self._fitter.notice
        return told if notice is None else [notice, *told]

    @property
    def shortcomings(self) -> Sequence[str]:
        known = [] if self._fitter.notice is None else [self._fitter.notice.text]
        known += [
            f"The model does not take the setting {each}, so it is not sent."
            for each in self._names(self._variant.without(self._optional()))
        ]
        return [*known, *self._effectless().values()]

    @property
    def takes_long(self) -> bool:
        return takes_long(self._fitter.messages)

    def build(self) -> HttpRequest:
        return HttpRequest(
            method="POST",
            path=self._target.path,
            headers=self._headers(),
            body=self._body(),
            translate_error=response_error,
        )

    @abstractmethod
    def decoder(self) -> Decoder:
        """As `RequestBuilder.decoder`."""

    def accept(self) -> None:
        self._fitter.confirm()
        told, found = self._target.told, self._effectless()
        self._without_effect = {name: found[name] for name in found if name not in told}
        told.update(found)
        self._target.remember(self._variant)

    def learn(self, usage: Usage) -> None:
        self._fitter.learn(usage)

    def fall_back(self, error: ServiceError) -> bool:
        """As `RequestBuilder.fall_back`.

        Raises:
            RequestRefused: The model takes no pictures or files, or none so large.
        """
        self._content.check_refusal(error, getattr(error, "response_text", ""), self._model)
        match error:
            case UnsupportedParameter(response_text=text):
                return self._lower_limit(text, None) or self._adapt(text)
            case ContextWindowExceeded(window=window, response_text=text):
                if self._lower_limit(text, window) or self._fitter.shrink(window):
                    return True
                if error.is_of_bytes:
                    told = "The service refused the request for its size (413)."
                    self._content.check_size(error, self._model, told)
                return False
            case _:
                return False

    def go_on(self) -> bool:
        return False

    def _headers(self) -> Mapping[str, str]:
        return {"Accept": EVENT_STREAM}

    @abstractmethod
    def _body(self) -> dict[str, object]:
        """The body of the request to send now."""

    @property
    def fields(self) -> RequestFields:
        """The fields that the settings make, made anew where the limit of the reply changed."""
        kind, family = self._target.kind, self._target.family
        limit = self._variant.limit_name if kind is ServiceKind.OPENAI else ""
        known = (self._limit, limit)
        if self._fields is None or self._fields[0] != known:
            generation = self._request.generation
            if generation.max_tokens != self._limit:
                generation = replace(generation, max_tokens=self._limit)
            self._fields = known, request_fields(generation, kind, family, limit_path=limit)
        return self._fields[1]

    def _with_settings(self, body: Mapping[str, object]) -> dict[str, object]:
        """`body` with the settings, then with what is extra, then without what was refused."""
        fields = self.fields
        return fields.into(body, without=self._variant.without(fields.by_path()))

    def _optional(self) -> dict[str, object]:
        """All that may be left out, by its path."""
        return dict(self.fields.by_path())

    def _effectless(self) -> dict[str, str]:
        """A sentence for each setting that is not sent or has no effect, and each PDF likewise."""
        told = (
            (
                digest,
                f"Of {safe_line(name, 60)} only the text is sent, as the service takes no PDF.",
            )
            for digest, name in self._content.read_pdfs.items()
        )
        return dict((*self.fields.without_effect().items(), *told))

    def _changes(self) -> Iterator[str]:
        """Sentences for a person: what of their settings is sent otherwise than they may think."""
        if self._variant.system_in_prompt and not self._known.system_in_prompt:
            yield "The model takes no system prompt, so it was put before the first prompt."
        values = {} if self._variant is self._known else self._optional()
        names = self._names(self._variant.without(values) - self._known.without(values))
        if names:
            told = " and ".join(names)
            yield f"The model does not take the setting {told}, so it was not sent."
        yield from self._without_effect.values()

    def _names(self, paths: frozenset[str]) -> list[str]:
        """The settings of a person that stand at `paths`."""
        if not paths:
            return []
        mine = self.fields.by_path()
        ours = {each for each in paths if each not in mine and _is_untold(each, mine)}
        names = self.fields.names_of(paths - ours)
        return list(dict.fromkeys(_SETTINGS.get(each, each) for each in names))

    def _adapt(self, error_text: str) -> bool:
        """Change the variant after an error response of `error_text`; is it another one?"""
        return self._change(self._variant.adapt(error_text, self._request, self._optional()))

    @property
    def _is_continued(self) -> bool:
        return self._request.purpose is Purpose.CONTINUE

    @property
    def _continued_text(self) -> str:
        """The text of the reply that is continued, which the model may repeat."""
        return self._request.messages[-1].text if self._is_continued else ""

    def _change(self, variant: RequestVariant | None) -> bool:
        """Take another variant, if there is one."""
        if variant is not None:
            self._variant = variant
        return variant is not None

    def _lower_limit(self, error_text: str, window: int | None) -> bool:
        """Lower the limit of the reply, if that is what was too much."""
        words = with_plain_names(error_text)
        lower = lower_limit(words, self._limit, lambda: self._fitter.estimate, window)
        if lower is None:
            return False
        self._limit = lower.limit
        if lower.is_general:
            self._variant = replace(self._variant, largest_limit=lower.limit)
        if window is not None:
            self._windows.learned[self._model] = window
        return True

    def _asked_limit(self) -> int | None:
        asked, largest = self._request.generation.max_tokens, self._known.largest_limit
        return asked if asked is None or largest is None else min(asked, largest)


def _is_untold(path: str, settings: Mapping[str, object]) -> bool:
    """Is there nothing of a person at `path`, nor below it?"""
    is_of_settings = any(each.startswith(f"{path}.") for each in settings)
    return not is_of_settings and any(f"{each}.".startswith(f"{path}.") for each in _UNTOLD)
