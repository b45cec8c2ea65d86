"""The FakeGPT wire format, both directions."""

from fakegpt_tui.protocol.fakegpt.account import (
    SessionResponse,
    SharedAccount,
    account_body,
    generate_password,
    limit_body,
    models_body,
    read_models,
    read_session,
    read_shared_accounts,
    session_body,
    shared_accounts_body,
    token_expiry,
)
from fakegpt_tui.protocol.fakegpt.conversations import (
    DEFAULT_TITLE,
    ConversationSummary,
    StoredMessage,
    conversation_json,
    conversations_body,
)
from fakegpt_tui.protocol.fakegpt.errors import (
    MESSAGE_TOO_LONG,
    ConversationNotFound,
    error_body,
    error_code,
    error_message,
    error_text,
    response_error,
)
from fakegpt_tui.protocol.fakegpt.requests import (
    ConversationAction,
    ConversationRequest,
    InvalidRequest,
    conversation_request_body,
    pack_prompt,
    read_conversation_request,
)
from fakegpt_tui.protocol.fakegpt.stream_decoder import StreamDecoder
from fakegpt_tui.protocol.fakegpt.stream_encoder import PING, StreamEncoder

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
    "conversation_json",
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
