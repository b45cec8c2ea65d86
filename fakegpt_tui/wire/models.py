"""The list of models a service can answer with."""

from collections.abc import Sequence

from fakegpt_tui.domain import Model


def read_models(body: bytes) -> tuple[Model, ...]:
    """The models of `GET /api/models`, the default one first.

    Raises:
        BadReply: That is not a list of models.
    """
    raise NotImplementedError


def models_body(models: Sequence[Model]) -> dict[str, object]:
    """The answer to `GET /api/models`; the first model is the default."""
    raise NotImplementedError
