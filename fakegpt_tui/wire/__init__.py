"""The FakeGPT wire format, both directions."""

from fakegpt_tui.wire.accounts import account_body, limit_body
from fakegpt_tui.wire.conversations import (
    DEFAULT_TITLE,
    ConversationSummary,
    StoredMessage,
    conversation_body,
    conversations_body,
)
from fakegpt_tui.wire.errors import error_body, error_text, response_error
from fakegpt_tui.wire.login import (
    SessionResponse,
    SharedAccount,
    generate_password,
    read_session,
    read_shared_accounts,
    session_body,
    shared_accounts_body,
    token_expiry,
)
from fakegpt_tui.wire.models import models_body, read_models
from fakegpt_tui.wire.prompts import conversation_request_body, pack_prompt
from fakegpt_tui.wire.relayed import MESSAGE_TOO_LONG, error_code, error_message
from fakegpt_tui.wire.replies import StreamDecoder
from fakegpt_tui.wire.requests import (
    ConversationAction,
    ConversationRequest,
    InvalidRequest,
    read_conversation_request,
)
from fakegpt_tui.wire.troubles import ConversationNotFound
from fakegpt_tui.wire.writer import PING, StreamEncoder

__all__ = [
    "DEFAULT_TITLE",
    "MESSAGE_TOO_LONG",
    "PING",
    "ConversationAction",
    "ConversationNotFound",
    "ConversationRequest",
    "ConversationSummary",
    "InvalidRequest",
    "SessionResponse",
    "SharedAccount",
    "StoredMessage",
    "StreamDecoder",
    "StreamEncoder",
    "account_body",
    "conversation_body",
    "conversation_request_body",
    "conversations_body",
    "error_body",
    "error_code",
    "error_message",
    "error_text",
    "generate_password",
    "limit_body",
    "models_body",
    "pack_prompt",
    "read_conversation_request",
    "read_models",
    "read_session",
    "read_shared_accounts",
    "response_error",
    "session_body",
    "shared_accounts_body",
    "token_expiry",
]
