"""Share tokens: `fk-` and 43 characters that say all there is to say, signed."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

SHARE_PREFIX: Final = "fk-"

_OWNER_BYTES = 16
_EXPIRY_BYTES = 5
_TOKEN = re.compile(r"fk-[0-9A-Za-z_-]{43}")


def encode_share_token(key: bytes, *, owner: str, expires: int) -> str:
    """The token of `owner` (32 hexadecimal digits) until `expires`, in seconds since 1970.

    The same words give the same token, so that nothing has to be remembered of those given out.
    """
    said = bytes.fromhex(owner) + expires.to_bytes(_EXPIRY_BYTES)
    return SHARE_PREFIX + urlsafe_b64encode(said + _sign(key, said)).decode().rstrip("=")


def decode_share_token(key: bytes, token: str) -> tuple[str, int] | None:
    """Owner and expiry of a token that was signed with `key`; `None` for any other text."""
    if not _TOKEN.fullmatch(token):
        return None
    content = urlsafe_b64decode(token.removeprefix(SHARE_PREFIX) + "=")
    said = content[: _OWNER_BYTES + _EXPIRY_BYTES]
    if not hmac.compare_digest(content[len(said) :], _sign(key, said)):
        return None
    return said[:_OWNER_BYTES].hex(), int.from_bytes(said[_OWNER_BYTES:])


def _sign(key: bytes, said: bytes) -> bytes:
    """As much of a signature as there is room for: 88 bits."""
    return hmac.new(key, b"share\0" + said, hashlib.sha256).digest()[:11]
