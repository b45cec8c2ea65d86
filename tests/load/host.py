"""The host under load: a service of the OpenAI protocol behind it, and as many streams as asked."""

import resource
import sys

from fakegpt_tui.cli.app import SERVED_PAUSE_SECONDS, build_api_backend
from fakegpt_tui.domain import Secret, Service, ServiceKind
from fakegpt_tui.host.asgi_server import settle_memory
from fakegpt_tui.host.open_connections import ConnectionLimits
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.host.shared_state import StateOptions

_SHARE = 0.9


def main(upstream: str, state_url: str = "") -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    service = Service(name="load", kind=ServiceKind.OPENAI, url=f"{upstream}/v1")
    backend = build_api_backend(
        service,
        lambda: Secret("key"),
        lambda _state: None,
        pause_seconds=SERVED_PAUSE_SECONDS,
    )
    limits = ConnectionLimits(connections=int(most * _SHARE) // 2)
    metrics = ("127.0.0.1", 0)
    state = StateOptions(url=state_url) if state_url else None
    with HostServer(
        backend, secret_path=False, limits=limits, metrics=metrics, state=state
    ) as server:
        settle_memory()
        sys.stdout.write(f"{server.base_url} {server.metrics_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
