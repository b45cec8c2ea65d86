"""Errors: one tree, with a sentence and a recovery action per error."""

from enum import StrEnum
from typing import ClassVar


class RecoveryAction(StrEnum):
    """What a program that embeds this one can do about an error."""

    NOTHING = "nothing"
    RETRY = "retry"
    SIGN_IN = "sign in"
    WAIT = "wait"


class FakeGPTError(Exception):
    """An expected error. Its text is a whole sentence for the user and holds no secret.

    FakeGPTError
    ├── ConfigError             a setting cannot be used
    ├── NotFound                no such conversation, service or message
    ├── StillReplying           a reply is under way where something else was asked for
    ├── StoreError              the store cannot be read or written
    │   └── NotSavedYet         kept in memory, and tried again
    ├── SaveError               a file cannot be written
    ├── LoadError               a file cannot be read as conversations
    ├── UnreadablePicture       a picture cannot be shown
    └── ServiceError            anything a service does
        ├── Unreachable         no connection, a time limit, TLS, a proxy
        │   ├── NoConnection    no response at all
        │   │   ├── NoAnswer    it was reached, and broke the connection before it answered
        │   │   └── UntrustedCertificate
        │   └── ModelLoading    the model is not in memory yet; the service can be asked again
        ├── NotSignedIn         the token is missing or was refused
        ├── LoginRefused        the login itself was refused
        ├── RateLimited         too many requests; `retry_after` seconds if known
        ├── Busy                the account has another reply under way
        ├── PromptTooLong       the model cannot take that much
        ├── RequestRefused      any other refusal that a person should read
        │   └── PictureRefused  the model cannot see
        ├── Unsupported         the service speaks something this program does not
        ├── BadReply            an answer that makes no sense
        └── ReplyCut            the stream ended before its end; what came is kept
    """

    recovery: ClassVar[RecoveryAction] = RecoveryAction.NOTHING


class ConfigError(FakeGPTError):
    """A setting cannot be used as it is."""


class NotFound(FakeGPTError):
    """What was asked for by name or id does not exist."""


class StillReplying(FakeGPTError):
    """This has to wait until the reply that is under way has ended, or is stopped."""

    recovery = RecoveryAction.WAIT


class StoreError(FakeGPTError):
    """The store cannot be read or written."""


class NotSavedYet(StoreError):
    """A write is kept in memory and tried again; who made it can go on as if it were done."""

    def __init__(self, reason: str, what_follows: str = "") -> None:
        """`reason` is a sentence that says why it could not be written."""
        super().__init__(f"{reason} {what_follows}".rstrip())
        self.reason = reason


class SaveError(FakeGPTError):
    """A file cannot be written."""


class LoadError(FakeGPTError):
    """A file cannot be read as conversations."""


class UnreadablePicture(FakeGPTError):
    """A picture cannot be shown: it is none, too large, or damaged."""


class ServiceError(FakeGPTError):
    """A service did not do what it was asked."""

    recovery = RecoveryAction.RETRY


class Unreachable(ServiceError):
    """The service could not be reached, or fell silent before it answered.

    `retry_after` is in seconds, where the service told.
    """

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class NoConnection(Unreachable):
    """There was no response at all: no name, no route, no handshake, a proxy, a broken line."""


class NoAnswer(NoConnection):
    """The service was reached, and the connection broke before it answered."""


class UntrustedCertificate(NoConnection):
    """The certificate of the service is not trusted; to ask again changes nothing."""


class ModelLoading(Unreachable):
    """The service loads the model, and will answer once that is done."""


class NotSignedIn(ServiceError):
    """The service no longer accepts the token or the key."""

    recovery = RecoveryAction.SIGN_IN
    advice: ClassVar[str] = (
        "Give it another: F2 in F6, or key_env, key_file or key_keyring of the service."
    )
    """How its sentence ends where a key was refused."""


class LoginRefused(ServiceError):
    """The service refused every account that was tried."""

    recovery = RecoveryAction.SIGN_IN


class RateLimited(ServiceError):
    """Too many requests. `retry_after` is in seconds, where the service told."""

    recovery = RecoveryAction.WAIT

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Busy(RateLimited):
    """The account is busy with another prompt; it may be free again in a minute."""


class PromptTooLong(ServiceError):
    """The prompt is longer than the model can take."""

    recovery = RecoveryAction.NOTHING
    advice: ClassVar[str] = "Send less, or start a new conversation."
    """How its sentence ends, by which it is known again when it was stored."""


class RequestRefused(ServiceError):
    """The service refused, and asking again would not help."""

    recovery = RecoveryAction.NOTHING


class PictureRefused(RequestRefused):
    """The model takes no pictures."""


class Unsupported(ServiceError):
    """The service answered in a way this program cannot read."""

    recovery = RecoveryAction.NOTHING


class BadReply(ServiceError):
    """The service answered with something that is not an answer."""


class ReplyCut(ServiceError):
    """The connection ended, or fell silent, before the reply did."""
