"""Recorded streams of the protocols of APIs, in the words of their official clients."""

from collections.abc import Callable, Mapping
from typing import Final

from fakegpt_tui.backends.anthropic.decoder import MessageDecoder
from fakegpt_tui.backends.http_protocol import Decoder
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.responses.decoder import ResponseDecoder
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses

_SEARCHED = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "weather", "queries": ["weather"]},
}
_CITATION = {
    "type": "url_citation",
    "start_index": 0,
    "end_index": 4,
    "url": "https://example.org/a",
    "title": "A",
}
_PLACE = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
_FOUND = {
    "type": "web_search_result_location",
    "url": "https://example.org/a",
    "title": "A",
    "cited_text": "Rain",
    "encrypted_index": "ZW5j",
}
_WHOLE = responses.message("Grüße, 🙂!", of="msg_0")

RECORDINGS: Final[Mapping[str, Mapping[str, bytes]]] = {
    "openai": {
        "plain": b"".join(
            (openai.delta(role="assistant"), openai.says("Grüße, "), openai.says("🙂!"),
             openai.end(), openai.usage(7, 3), openai.DONE)
        ),
        "thinking": b"".join(
            (openai.delta(reasoning_content="Hm."), openai.says("Yes."), openai.end("length"),
             openai.DONE)
        ),
    },
    "responses": {
        "plain": b"".join(
            (responses.created(), responses.opens(), responses.says("Grüße, "),
             responses.says("🙂!"), responses.said("Grüße, 🙂!"), responses.item_done(_WHOLE),
             responses.completed(output=[_WHOLE], usage=responses.usage(7, 3)))
        ),
        "thinking": b"".join(
            (responses.created(), responses.thinks("One."), responses.thinks("Two.", 0, 1),
             responses.item_done(responses.reasoning("One.", "Two.", encrypted="ZW5j")),
             responses.opens(1), responses.says("Yes.", 1), responses.incomplete(
                 "max_output_tokens", output=[responses.message("Yes.", of="msg_1")]))
        ),
        "search": b"".join(
            (responses.created(), responses.item_done(_SEARCHED), responses.opens(1),
             responses.says("Rain.", 1),
             responses.event("response.output_text.annotation.added", annotation=_CITATION,
                             annotation_index=0, **_PLACE),
             responses.completed(output=[_SEARCHED, responses.message("Rain.", of="msg_1")]))
        ),
    },
    "anthropic": {
        "plain": b"".join(
            (anthropic.begins(), anthropic.PING, anthropic.starts(), anthropic.says("Grüße, "),
             anthropic.says("🙂!"), anthropic.stops(), anthropic.ends())
        ),
        "thinking": b"".join(
            (anthropic.begins(),
             anthropic.block(0, "thinking", anthropic.thinks("Hm."), anthropic.signs("c2ln")),
             anthropic.block(1, "text", anthropic.says("Yes.", 1)), anthropic.ends("max_tokens"))
        ),
        "search": b"".join(
            (anthropic.begins(),
             anthropic.block(0, "server_tool_use",
                             anthropic.delta("input_json_delta", partial_json='{"query": "w"}'),
                             id="srv_1", name="web_search", input={}),
             anthropic.block(1, "web_search_tool_result", tool_use_id="srv_1", content=[]),
             anthropic.starts(2, citations=None), anthropic.says("Rain.", 2),
             anthropic.delta("citations_delta", 2, citation=_FOUND), anthropic.stops(2),
             anthropic.ends())
        ),
    },
}  # fmt: skip
"""Streams by protocol and name."""

DECODERS: Final[Mapping[str, Callable[[], Decoder]]] = {
    "openai": CompletionDecoder,
    "responses": ResponseDecoder,
    "anthropic": MessageDecoder,
}
