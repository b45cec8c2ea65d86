"""A service of the OpenAI protocol that types what it is asked for: `chunks seconds size`.

Each chunk begins with the time at which it was sent, so that a client knows how old it is. Over
HTTP/1.0 the body ends with the connection, so that a forwarder has nothing to take apart.
"""

import asyncio
import json
import re
import sys
import time

_ASKED = re.compile(rb'"content": ?"(\d+) ([\d.]+) (\d+)"')
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
_CHUNK = (
    'data: {"id":"chatcmpl-load","object":"chat.completion.chunk","created":1,"model":"load",'
    '"choices":[{"index":0,"delta":%s,"finish_reason":%s}]}\n\n'
)
_MODELS = json.dumps({"object": "list", "data": [{"id": "load", "object": "model"}]}).encode()


class Upstream(asyncio.Protocol):
    """One connection, one reply."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""
        self.timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or self.timer is not None:
            return
        if head.startswith(b"GET"):
            size = str(len(_MODELS)).encode()
            self.transport.write(_HEAD.replace(b"text/event-stream", b"application/json"))
            self.transport.write(b"content-length: " + size + b"\r\n\r\n" + _MODELS)
            self.transport.close()
        elif asked := _ASKED.search(body):
            self.is_chunked = b"HTTP/1.1" in head.partition(b"\r\n")[0]
            coding = b"transfer-encoding: chunked\r\n\r\n" if self.is_chunked else b"\r\n"
            self.transport.write(_HEAD + coding)
            self.left, self.seconds, self.size = int(asked[1]), float(asked[2]), int(asked[3])
            self.due = asyncio.get_running_loop().time()
            self.type()

    def type(self) -> None:
        if not self.left:
            end = _CHUNK % ("{}", '"stop"') + "data: [DONE]\n\n"
            self.send(end)
            self.transport.write(b"0\r\n\r\n" if self.is_chunked else b"")
            self.transport.close()
            return
        self.left -= 1
        text = f"T{time.monotonic():.4f} ".ljust(self.size, "x")
        self.send(_CHUNK % (json.dumps({"content": text}), "null"))
        self.due += self.seconds
        loop = asyncio.get_running_loop()
        self.timer = loop.call_at(self.due, self.type)

    def send(self, text: str) -> None:
        data = text.encode()
        if self.is_chunked:
            data = b"%x\r\n%s\r\n" % (len(data), data)
        self.transport.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
