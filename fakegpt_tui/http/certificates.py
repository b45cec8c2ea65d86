"""Certificates: which authorities are trusted, by a setting, the environment and the system."""

import os
import ssl
from pathlib import Path
from typing import Final

import httpx

from fakegpt_tui.domain import ConfigError, Service

_CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_OTHER_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def load_certificates(service: Service) -> ssl.SSLContext:
    """A context that trusts what `verify` of the service names, or what the system trusts.

    Raises:
        ConfigError: A file that is named cannot be used.
    """
    match service.verify:
        case str(path):
            context = _trust(path, f"The certificate file of the service “{service.name}”")
        case True:
            context = trust_system()
        case _:
            return httpx.create_ssl_context(verify=False)
    # As with curl, and with every Python: the certificate of a server may be trusted itself, and
    # that of an authority of one's own need not have every extension.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def trust_system() -> ssl.SSLContext:
    """The authorities that the system trusts, those of certifi, and those of the environment."""
    for name in _CERTIFICATE_VARIABLES:
        if path := os.environ.get(name):
            what = f"The environment variable {name} names {path}, which"
            if not Path(path).exists():
                raise ConfigError(f"{what} is not there.")
            _trust(path, what)
    context = httpx.create_ssl_context()
    context.load_default_certs()
    for name in _OTHER_VARIABLES:
        path = os.environ.get(name)
        if path and Path(path).exists():
            _add(context, path, f"The environment variable {name} names {path}, which")
    return context


def _trust(path: str, what: str) -> ssl.SSLContext:
    """A context that trusts nothing but what is at `path`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _add(context, path, what)
    return context


def _add(context: ssl.SSLContext, path: str, what: str) -> None:
    is_folder = Path(path).is_dir()
    try:
        context.load_verify_locations(
            cafile=None if is_folder else path, capath=path if is_folder else None
        )
    except OSError as error:
        raise ConfigError(f"{what} cannot be used: it holds no certificate.") from error
