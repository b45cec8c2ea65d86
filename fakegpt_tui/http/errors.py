"""Connection errors of httpx, sockets and TLS, translated into sentences."""

import errno
import re
import ssl
from collections.abc import Iterator
from socket import gaierror
from typing import TypeAlias

import httpx

from fakegpt_tui.domain import BadReply, NoAnswer, NoConnection, UntrustedCertificate
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.http.addresses import Route

ConnectionFailure: TypeAlias = httpx.HTTPError | OSError
CONNECTION_ERRORS = (httpx.HTTPError, OSError)
"""What a connection may raise; OSError, because a TLS failure while reading comes as it is."""

_NEVER_REACHED = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    *(httpx.LocalProtocolError, httpx.UnsupportedProtocol),
)
_BROKEN = lazy_pattern("disconnected|peer closed")
_NOT_ALLOWED = (
    (
        "only Transfer-Encoding",
        "frames its answer in a way that this program does not read; its header Transfer-Encoding"
        " has to say “chunked”, or be left out.",
    ),
    (
        "Transfer-Encoding|Content-Length",
        "frames its answer twice: a proxy before it repeats the header Transfer-Encoding or"
        " Content-Length. It has to leave that header out.",
    ),
    (
        "header line",
        "answered with a header that HTTP does not allow; the service, or a proxy before it, has to"
        " leave that out.",
    ),
    ("", "answered with something that is not HTTP; check its address and port."),
)
"""What the text of a protocol error tells, by which alone httpx distinguishes them."""
_EXPIRED = 10
_NOT_SIGNED = (2, 18, 19, 20, 21)
"""By itself, or by an authority that is not known or not sent along."""
_OTHER_NAME = (62, 64)


def translate_error(error: ConnectionFailure, route: Route) -> NoConnection | BadReply:
    """`error` as a sentence of ours: its own text may be empty, or contain a secret.

    An answer that came in a form that HTTP does not allow would come again so.
    """
    if isinstance(error, httpx.RemoteProtocolError) and not _BROKEN.search(str(error)):
        told = next(told for words, told in _NOT_ALLOWED if re.search(words, str(error)))
        return BadReply(f"The service at {route} {told}")
    kind: type[NoConnection] = NoConnection if isinstance(error, _NEVER_REACHED) else NoAnswer
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        kind = UntrustedCertificate
    return kind(_sentence(error, route))


def _sentence(error: ConnectionFailure, route: Route) -> str:
    match error:
        case httpx.ConnectError():
            return _connect_error(error, route)
        case httpx.ProxyError():
            return _proxy_error(error, route)
        case httpx.RemoteProtocolError():
            return _protocol_error(str(error), route)
        case _:
            template = next(text for kind, text in _SENTENCES if isinstance(error, kind))
            return template.format(route=route, first_hop=_first_hop(route))


_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "{first_hop} did not take the connection in time."),
    (httpx.WriteTimeout, "The service at {route} did not take the request in time."),
    (httpx.PoolTimeout, "No connection to {route} was free in time."),
    (httpx.TimeoutException, "The service at {route} fell silent."),
    (httpx.LocalProtocolError, "The request to {route} is not valid HTTP."),
    (httpx.UnsupportedProtocol, "Unsupported URL scheme for {route}."),
    (httpx.DecodingError, "The response of {route} cannot be decompressed."),
    (httpx.WriteError, "The connection to {route} broke while the request was being sent."),
    (httpx.ReadError, "The connection to {route} was reset."),
    (ssl.SSLError, "The encrypted connection to {route} broke."),
    (Exception, "The connection to {route} broke."),
)


def _protocol_error(text: str, route: Route) -> str:
    if "disconnected" in text:
        return (
            f"The service at {route} closed the connection without an answer. "
            "If its address is http://, it may want https://."
        )
    return f"The service at {route} closed the connection in the middle of its answer."


def _connect_error(error: httpx.ConnectError, route: Route) -> str:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError(verify_code=code):
                return _certificate_error(code, route)
            case ssl.SSLError() | ConnectionResetError():
                return (
                    f"No encrypted connection to {route} was possible; "
                    "is its address http:// rather than https://?"
                )
            case gaierror():
                return _name_error(route)
            case OSError(errno=errno.ECONNREFUSED):
                return f"{_first_hop(route)} refused the connection; is it running?"
            case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH):
                return f"There is no route to {_lower_first(_first_hop(route))}; is the network up?"
            case _:
                pass
    return f"{_first_hop(route)} could not be reached."


def _name_error(route: Route) -> str:
    if "%" in route.host and not route.proxy:
        return (
            f"The service at {route.host} is asked through a network interface that this machine "
            "does not have; what follows the percent sign is its name."
        )
    return (
        f"{_first_hop(route)} could not be found by its name; "
        "are the network and the address right?"
    )


def _certificate_error(code: object, route: Route) -> str:
    if code == _EXPIRED:
        return f"The certificate of {route} has expired."
    if code in _NOT_SIGNED:
        return (
            f"The certificate of {route} is not signed by an authority that this machine trusts; "
            "add the authority to the system, or name its file in the setting “verify”."
        )
    if code in _OTHER_NAME:
        return f"The certificate of {route} was made out to another name."
    return f"The certificate of {route} cannot be trusted."


def _proxy_error(error: httpx.ProxyError, route: Route) -> str:
    if str(error).startswith("407"):
        return proxy_login_required(route)
    return f"The proxy {route.proxy} would not connect to {route.host}."


def proxy_login_required(route: Route) -> str:
    """The sentence for status 407, which a proxy may also send as a response."""
    return (
        f"The proxy {route.proxy} wants a user name and a password it accepts; they stand before"
        " its name, as name:password@, in the setting “proxy” of the service, or in the variable"
        " that names it."
    )


def _first_hop(route: Route) -> str:
    return f"The proxy {route.proxy}" if route.proxy else f"The service at {route.host}"


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and its causes; connecting tries several addresses, each with an error of its own."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _causes(part)
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield from _causes(cause)
