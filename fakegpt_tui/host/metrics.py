"""Metrics: what a host has done since its start, for Prometheus."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fakegpt_tui import __version__
from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.logs import RequestRecord

try:
    from prometheus_client import (
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        Info,
        ProcessCollector,
        make_asgi_app,
    )
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ConfigError(
        "Metrics need the extra “metrics”: pip install 'fakegpt-tui[metrics]'."
    ) from error

if TYPE_CHECKING:
    from fakegpt_tui.host.shared_state.connection import StateConnection
    from fakegpt_tui.host.shared_state.state import SharedState

_LOOK_SECONDS: Final = 0.1
_KEPT: Final = 600
"""Looks of the last minute."""


@dataclass(slots=True)
class LoopLag:
    """How late the event loop is for what is due, which is what all replies wait for.

    It looks ten times a second, from its start to its end.
    """

    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + _LOOK_SECONDS
        self._timer = loop.call_at(due, self._look, due)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    @property
    def worst(self) -> float:
        """Seconds that the latest of the last minute's looks was late; 0 before the first."""
        return max(self._seen, default=0.0)

    def percentile(self, part: float) -> float:
        """Seconds that so much of the last minute's looks were late at most; 0 before the first."""
        seen = sorted(self._seen)
        return seen[min(int(len(seen) * part), len(seen) - 1)] if seen else 0.0

    def _look(self, due: float) -> None:
        self._seen.append(asyncio.get_running_loop().time() - due)
        self.start()


_BUCKETS: Final = tuple(0.01 * 2**step for step in range(14))
"""Seconds, from a hundredth to about eighty, as the conventions for generative AI have them."""
_MAX_KEYS: Final = 200
_DIALECTS: Final = {
    "/v1/chat/completions": "openai",
    "/v1/messages": "anthropic",
    "/api/conversation": "fakegpt",
}


@dataclass(frozen=True, slots=True, eq=False)
class _StateCollector(Collector):
    connection: "StateConnection"

    def collect(self) -> Iterator[Metric]:
        """The figures of a shared state as they are now."""
        is_lost, figures = self.connection.breaker.is_lost, self.connection.figures
        yield GaugeMetricFamily(
            "fakegpt_state_lost", "Is the shared state lost just now?", value=is_lost
        )
        for name, about, count in (
            ("errors", "Times that the shared state could not be used.", figures.errors),
            ("full", "Times that the shared state was full.", figures.full),
            ("dropped", "Replies that it could not save in time.", figures.dropped),
        ):
            yield CounterMetricFamily(f"fakegpt_state_{name}", about, value=count)


class Metrics:
    """Counts requests, and answers `GET /metrics`. Labels are templates, statuses and ids of keys.

    `open_streams` tells how many replies are under way. How a shared `state` is, is told, too.
    """

    def __init__(self, open_streams: Callable[[], int], state: "SharedState | None" = None) -> None:
        registry = CollectorRegistry()
        self.lag = LoopLag()
        self._keys: set[str] = set()
        self._counters: dict[tuple[object, ...], Counter] = {}
        self._requests = Counter(
            "fakegpt_requests",
            "Requests that were answered.",
            ["route", "dialect", "status"],
            registry=registry,
        )
        self._outcomes = Counter(
            "fakegpt_stream_outcome", "How replies ended.", ["outcome"], registry=registry
        )
        self._tokens = Counter(
            "fakegpt_tokens",
            "Tokens of prompts and replies, of each key.",
            ["kind", "key"],
            registry=registry,
        )
        self._failed_reloads = Counter(
            "fakegpt_config_reload_failed", "Reloads that changed nothing.", registry=registry
        )
        self._first_word = Histogram(
            "fakegpt_first_word_seconds",
            "From a prompt to the first word of its reply.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._request = Histogram(
            "fakegpt_request_seconds",
            "From a request to the end of its answer.",
            buckets=_BUCKETS,
            registry=registry,
        )
        for name, about, read in (
            ("streams_open", "Replies under way.", open_streams),
            (
                "loop_lag_seconds",
                "How late the event loop was in the last minute, 99th percentile.",
                lambda: round(self.lag.percentile(0.99), 4),
            ),
            (
                "loop_lag_worst_seconds",
                "How late the event loop was in the last minute at most.",
                lambda: round(self.lag.worst, 4),
            ),
        ):
            Gauge(f"fakegpt_{name}", about, registry=registry).set_function(read)
        Info("fakegpt_build", "The program.", registry=registry).info({"version": __version__})
        ProcessCollector(registry=registry)
        if state is not None:
            registry.register(_StateCollector(state.connection))
        self._answer: ASGIApp = make_asgi_app(registry)

    def observe(self, record: RequestRecord) -> None:
        """Count a request."""
        dialect = _DIALECTS.get(record.route, "")
        self._counter(self._requests, record.route or "unknown", dialect, record.status).inc()
        self._request.observe(record.seconds)
        if not dialect:
            return
        self._counter(self._outcomes, record.outcome).inc()
        if record.first_seconds is not None:
            self._first_word.observe(record.first_seconds)
        key = self._label(record.key_id)
        self._counter(self._tokens, "prompt", key).inc(record.prompt_tokens)
        self._counter(self._tokens, "reply", key).inc(record.reply_tokens)

    def count_failed_reload(self) -> None:
        """Count options or keys that could not be read anew."""
        self._failed_reloads.inc()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `/metrics`; any other path is not found."""
        if scope["type"] == "http" and scope["path"] == "/metrics":
            await self._answer(scope, receive, send)
            return
        await PlainTextResponse("Not Found\n", 404)(scope, receive, send)

    def _counter(self, of: Counter, *labels: object) -> Counter:
        """The counter with these labels, kept here since a look-up takes long; labels are few."""
        known = self._counters.get((of, *labels))
        if known is None:
            known = self._counters[of, *labels] = of.labels(*labels)
        return known

    def _label(self, key_id: str) -> str:
        if key_id in self._keys or len(self._keys) < _MAX_KEYS:
            self._keys.add(key_id)
            return key_id
        return "other"
