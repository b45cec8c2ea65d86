"""A server of few words in a process of its own: whatever it is asked, it sends what it has."""

import multiprocessing
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

Answer = Callable[..., None]
"""Sends an answer to a client that has asked; a function of a module, with what it is to know."""


@contextmanager
def serving(answer: Answer, *known: Any) -> Iterator[str]:
    """The address of a server that answers each client in a thread of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, answer, *known), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection, answer: Answer, *known: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told.send(listener.getsockname()[1])
        while True:
            client, _ = listener.accept()
            Thread(target=_answer, args=(client, answer, *known), daemon=True).start()


def _answer(client: socket.socket, answer: Answer, *known: Any) -> None:
    with client:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (data := client.recv(65536)):
                return  # It connected only to be ready.
            received += data
        answer(client, *known)
