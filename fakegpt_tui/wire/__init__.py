"""The FakeGPT wire format, both directions."""

from fakegpt_tui.wire.accounts import account_body, limit_body
from fakegpt_tui.wire.conversations import (
    UNTITLED,
    ConversationSummary,
    KeptMessage,
    conversation_body,
    conversations_body,
)
from fakegpt_tui.wire.errors import error_body, response_error, spoken_reason
from fakegpt_tui.wire.login import (
    Load,
    SessionReply,
    loads_body,
    new_password,
    read_loads,
    read_session,
    session_body,
    token_expiry,
)
from fakegpt_tui.wire.models import models_body, read_models
from fakegpt_tui.wire.prompts import conversation_request, pack_prompt
from fakegpt_tui.wire.relayed import TOO_LONG, code_of, spoken
from fakegpt_tui.wire.replies import ReplyReader
from fakegpt_tui.wire.requests import (
    Action,
    ConversationRequest,
    InvalidRequest,
    read_conversation_request,
)
from fakegpt_tui.wire.troubles import ConversationUnknown
from fakegpt_tui.wire.writer import PING, ReplyWriter

__all__ = [
    "PING",
    "TOO_LONG",
    "UNTITLED",
    "Action",
    "ConversationRequest",
    "ConversationSummary",
    "ConversationUnknown",
    "InvalidRequest",
    "KeptMessage",
    "Load",
    "ReplyReader",
    "ReplyWriter",
    "SessionReply",
    "account_body",
    "code_of",
    "conversation_body",
    "conversation_request",
    "conversations_body",
    "error_body",
    "limit_body",
    "loads_body",
    "models_body",
    "new_password",
    "pack_prompt",
    "read_conversation_request",
    "read_loads",
    "read_models",
    "read_session",
    "response_error",
    "session_body",
    "spoken",
    "spoken_reason",
    "token_expiry",
]
