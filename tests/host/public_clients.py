"""Small readers that behave as the public clients of this protocol do, weaknesses included.

Each takes the pieces of a stream as they came, and gives the text that its user would have seen.
"""

import asyncio
import codecs
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeAlias

Pieces: TypeAlias = AsyncIterator[bytes]
Reader: TypeAlias = Callable[[Pieces], Awaitable[str]]


async def byte_lines(pieces: Pieces) -> AsyncIterator[bytes]:
    """Lines with their line feed, as a stream reader gives them."""
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


async def prefix_reader(pieces: Pieces) -> str:
    """Compares the first six bytes, slices by the length so far, and reads to the end of input."""
    shown, last = "", ""
    async for line in byte_lines(pieces):
        if not line.startswith(b"data: "):
            continue
        if line == b"data: [DONE]":
            break
        try:
            message = json.loads(line[6:])["message"]
            if message["metadata"]["message_type"] == "next":
                text = message["content"]["parts"][0]
                shown, last = shown + text[len(last) :], text
        except (ValueError, KeyError, TypeError, IndexError):
            continue
    return shown


async def first_key_reader(pieces: Pieces) -> str:
    """Takes only lines whose JSON begins with the key that it looks for."""
    text = ""
    async for line in byte_lines(pieces):
        said = line.decode().strip()
        if said == "data: [DONE]":
            return text
        if said.startswith(('data: {"message":', 'data: {"id":')):
            message = json.loads(said[6:])["message"]
            if message["author"]["role"] == "assistant":
                text = message["content"]["parts"][0]
    raise EOFError


async def checked_reader(pieces: Pieces) -> str:
    """Takes every byte for a character, and lines of which nothing is missing."""
    text, seen = "", ""
    async for piece in pieces:
        seen += piece.decode("latin-1")
    for line in seen.splitlines():
        if line == "data: [DONE]":
            break
        try:
            event = json.loads(line[6:])
        except ValueError:
            continue
        if _is_complete(event) and event["message"]["author"]["role"] == "assistant":
            text = event["message"]["content"]["parts"][0]
    return text


def _is_complete(event: Any) -> bool:
    try:
        return bool(
            event["conversation_id"]
            and event["message"]["id"]
            and isinstance(event["message"]["content"]["parts"][0], str)
        )
    except (KeyError, TypeError, IndexError):
        return False


async def block_reader(pieces: Pieces) -> str:
    """Cuts the stream at double line feeds, and drops what was cut inside."""
    text, rest = "", b""
    async for piece in pieces:
        *blocks, rest = (rest + piece).split(b"\n\n")
        for block in blocks:
            if not block.isascii() or not block.startswith(b"data: {"):
                continue
            match json.loads(block[6:]):
                case {"message": {"author": {"role": "assistant"}, "content": {"parts": [said]}}}:
                    text = said
    return text


async def end_marker_reader(pieces: Pieces) -> str:
    """Hands out nothing before the end marker, for which it waits for ever."""
    text, data = "", []
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    async for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        for line in lines:
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line and data:
                event, data = "\n".join(data), []
                if event == "[DONE]":
                    return text
                message = json.loads(event).get("message")
                if message and message["author"]["role"] == "assistant":
                    text = message["content"]["parts"][0]
    await asyncio.Event().wait()
    raise AssertionError


async def delta_reader(pieces: Pieces) -> str:
    """Prints what is new of each text of the reply, and ends where it is marked as ended."""
    shown = ""
    async for line in byte_lines(pieces):
        match _value(line):
            case {
                "message": {"author": {"role": "assistant"}, "end_turn": True, "content": content}
            }:
                return shown + content["parts"][0][len(shown) :]
            case {"message": {"author": {"role": "assistant"}, "content": content}}:
                shown += content["parts"][0][len(shown) :]
    raise EOFError


def _value(line: bytes) -> object:
    try:
        return json.loads(line.removeprefix(b"data: "))
    except ValueError:
        return None


READERS: dict[str, Reader] = {
    "g4f": prefix_reader,
    "pandora": first_key_reader,
    "revChatGPT": checked_reader,
    "3mora2": block_reader,
    "npm chatgpt": end_marker_reader,
    "command lines": delta_reader,
}


def numbers(total: int, size: int) -> Iterator[int]:
    """The offsets of all pages of a list, asked as the public command lines do."""
    offset = 0
    while True:
        yield offset
        offset += size
        if offset >= total:
            return
