"""A server that sends the events of a reply at their pace to whoever asks, whatever was asked.

For the floor that reads and throws away: what comes is what the host would send, byte for byte but
for names, and nobody has to sign in for it.
"""

import socket
import time
from contextlib import AbstractContextManager

from tests.benchmarks.raw_server import serving
from tests.benchmarks.texts import tokens
from tests.fault_server import LAST_CHUNK, chunk, message_event, stream_head


def paced(shape: str, size: int, rate: float) -> AbstractContextManager[str]:
    """The address of such a server."""
    return serving(_answer, shape, size, rate)


def _answer(client: socket.socket, shape: str, size: int, rate: float) -> None:
    try:
        client.sendall(stream_head())
        text, began = "", time.monotonic()
        for number, token in enumerate(tokens(shape, size)):
            text += token
            client.sendall(chunk(message_event(text)))
            time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
        client.sendall(chunk(b"data: [DONE]\n\n") + LAST_CHUNK)
    except OSError:
        return  # The client has seen enough.
