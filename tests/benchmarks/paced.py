"""A server that sends the events of a reply at their pace to whoever asks, whatever was asked.

For the floor that reads and throws away: what comes is what the host would send, byte for byte but
for names, and nobody has to sign in for it.
"""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.benchmarks.texts import tokens
from tests.fault_server import LAST_CHUNK, chunk, message_event, stream_head


def serve(shape: str, size: int, rate: float, told: Connection) -> None:
    """Answer one client after another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told.send(listener.getsockname()[1])
        while True:
            client, _ = listener.accept()
            with client:
                _answer(client, shape, size, rate)


def _answer(client: socket.socket, shape: str, size: int, rate: float) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(65536)
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


@contextmanager
def paced(shape: str, size: int, rate: float) -> Iterator[str]:
    """The address of such a server."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(shape, size, rate, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()
