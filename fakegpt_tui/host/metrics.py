"""Metrics: counters and histograms of requests, in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.types import Receive, Scope, Send

from fakegpt_tui.host.loop_lag import LoopLag
from fakegpt_tui.host.request_log import RequestRecord

_BUCKETS: Final = tuple(0.01 * 2**step for step in range(14))
"""Seconds, from a hundredth to about eighty, as the conventions for generative AI have them."""
_MAX_KEYS: Final = 200
_DIALECTS: Final = {"/v1/chat/completions": "openai", "/api/conversation": "fakegpt"}
_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Histogram:
    """How many values are at most as large as each bound, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * len(_BUCKETS))
    total: float = 0.0
    count: int = 0

    def observe(self, value: float) -> None:
        self.total += value
        self.count += 1
        for index, bound in enumerate(_BUCKETS):
            if value <= bound:
                self.counts[index] += 1

    def lines(self, name: str) -> Iterator[str]:
        for bound, count in zip(_BUCKETS, self.counts, strict=True):
            yield f'{name}_bucket{{le="{bound:g}"}} {count}'
        yield f'{name}_bucket{{le="+Inf"}} {self.count}'
        yield f"{name}_sum {self.total:g}"
        yield f"{name}_count {self.count}"


@dataclass(slots=True)
class Metrics:
    """What a host has done since its start. Labels are templates, statuses and ids of keys.

    `open_streams` tells how many replies are under way.
    """

    version: str
    open_streams: Callable[[], int]
    lag: LoopLag = field(default_factory=LoopLag)
    failed_reloads: int = 0
    _requests: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _outcomes: dict[str, int] = field(default_factory=dict)
    _tokens: dict[tuple[str, str], int] = field(default_factory=dict)
    _keys: set[str] = field(default_factory=set)
    _first_word: Histogram = field(default_factory=Histogram)
    _request: Histogram = field(default_factory=Histogram)

    def observe(self, record: RequestRecord) -> None:
        """Count a request."""
        dialect = _DIALECTS.get(record.route, "")
        request = (record.route or "unknown", dialect, record.status)
        self._requests[request] = self._requests.get(request, 0) + 1
        self._request.observe(record.seconds)
        if not dialect:
            return
        self._outcomes[record.outcome] = self._outcomes.get(record.outcome, 0) + 1
        if record.first_seconds is not None:
            self._first_word.observe(record.first_seconds)
        key = self._label(record.key_id)
        for kind, tokens in (("prompt", record.prompt_tokens), ("reply", record.reply_tokens)):
            self._tokens[kind, key] = self._tokens.get((kind, key), 0) + tokens

    def render(self) -> str:
        """All of it as text."""
        return "\n".join([*self._lines(), ""])

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer `GET /metrics`; any other path is not found."""
        if scope["type"] != "http":
            return
        is_found = scope["path"] == "/metrics"
        body = self.render().encode() if is_found else b"Not Found\n"
        headers = [(b"content-type", _TYPE), (b"content-length", str(len(body)).encode())]
        status = 200 if is_found else 404
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _label(self, key_id: str) -> str:
        if key_id in self._keys or len(self._keys) < _MAX_KEYS:
            self._keys.add(key_id)
            return key_id
        return "other"

    def _lines(self) -> Iterator[str]:
        yield "# TYPE fakegpt_requests_total counter"
        for (route, dialect, status), count in sorted(self._requests.items()):
            labels = f'route="{route}",dialect="{dialect}",status="{status}"'
            yield f"fakegpt_requests_total{{{labels}}} {count}"
        yield "# TYPE fakegpt_stream_outcome_total counter"
        for outcome, count in sorted(self._outcomes.items()):
            yield f'fakegpt_stream_outcome_total{{outcome="{outcome}"}} {count}'
        yield "# TYPE fakegpt_tokens_total counter"
        for (kind, key), count in sorted(self._tokens.items()):
            yield f'fakegpt_tokens_total{{kind="{kind}",key="{key}"}} {count}'
        yield "# TYPE fakegpt_config_reload_failed_total counter"
        yield f"fakegpt_config_reload_failed_total {self.failed_reloads}"
        for name, histogram in (
            ("fakegpt_first_word_seconds", self._first_word),
            ("fakegpt_request_seconds", self._request),
        ):
            yield f"# TYPE {name} histogram"
            yield from histogram.lines(name)
        for name, value in self._gauges():
            yield f"# TYPE {name} gauge"
            yield f"{name} {value}"
        yield "# TYPE fakegpt_build_info gauge"
        yield f'fakegpt_build_info{{version="{self.version}"}} 1'

    def _gauges(self) -> Iterator[tuple[str, float]]:
        yield "fakegpt_streams_open", self.open_streams()
        yield "fakegpt_loop_lag_seconds", round(self.lag.percentile(0.99), 4)
        yield "fakegpt_loop_lag_worst_seconds", round(self.lag.worst, 4)
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            yield "fakegpt_rss_bytes", pages * resource.getpagesize()
            yield "fakegpt_open_descriptors", sum(1 for _ in Path("/proc/self/fd").iterdir())
