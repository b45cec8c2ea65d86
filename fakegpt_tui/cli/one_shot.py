"""Signing in and listing models without a conversation."""

import asyncio
from contextlib import aclosing, closing

from fakegpt_tui.cli.app import ConnectionFactory
from fakegpt_tui.cli.errors import echo_err
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import LoginState, Model, Service, SigningIn


def sign_in(settings: Settings, service: Service) -> None:
    """Sign in to `service` unless that is done already, and print each step.

    Raises:
        FakeGPTError: The login failed.
    """
    asyncio.run(_sign_in(settings, service))


def list_models(settings: Settings, service: Service) -> tuple[Model, ...]:
    """The models of `service`, the default one first.

    Raises:
        FakeGPTError: The service did not list them.
    """
    return asyncio.run(_list_models(settings, service))


async def _sign_in(settings: Settings, service: Service) -> None:
    with closing(ConnectionFactory(settings)) as connector:
        connection = await connector.connect(service, _print_step)
        async with aclosing(connection.backend):
            if connection.login is not None:
                await connection.login.sign_in()


async def _list_models(settings: Settings, service: Service) -> tuple[Model, ...]:
    with closing(ConnectionFactory(settings)) as connector:
        connection = await connector.connect(service, lambda _state: None)
        async with aclosing(connection.backend):
            return await connection.backend.models()


def _print_step(state: LoginState) -> None:
    if isinstance(state, SigningIn):
        echo_err(f"Step {state.step} of {state.of}: {state.what} …")
