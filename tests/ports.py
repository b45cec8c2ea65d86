"""Ports for tests that must name one before anything listens there."""

import random
import socket

_PORTS = range(15_000, 32_000)
"""Below those that systems give to connections and to who asks for any port."""


def free_port() -> int:
    """A port where nothing listens, and that no other test is likely to choose."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
