"""The floor: a bare application under uvicorn, which hands on what the upstream sends, unread."""

import asyncio
import sys
from typing import Any
from urllib.parse import urlsplit

import uvicorn

_HEADERS = [(b"content-type", b"text/event-stream")]


class Forwarder:
    """Asks the upstream over HTTP/1.0, whose body ends with the connection."""

    def __init__(self, upstream: str) -> None:
        address = urlsplit(upstream)
        self.address = (address.hostname, address.port)

    async def __call__(self, _: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        reader, writer = await asyncio.open_connection(*self.address)
        try:
            writer.write(b"POST / HTTP/1.0\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            await reader.readuntil(b"\r\n\r\n")
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            while data := await reader.read(65536):
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            writer.close()


async def main(upstream: str) -> None:
    config = uvicorn.Config(
        Forwarder(upstream),
        port=0,
        http="h11",
        loop="asyncio",
        lifespan="off",
        log_level="error",
        access_log=False,
        backlog=4096,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
