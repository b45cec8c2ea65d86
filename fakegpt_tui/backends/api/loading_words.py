"""Words by which a service says that it still loads the model, which is worth waiting for."""

from typing import Final

from fakegpt_tui.domain import ModelLoading
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.protocol.error_body import ErrorBody, ErrorRule

_UNAVAILABLE: Final = (0, 409, 425, 429, 502, 503, 504)
_COMING_UP: Final = (
    r"(?:loading|being (?:loaded|deployed)|not (?:yet )?ready|not loaded yet|starting(?: up)?"
    r"|(?:warming|waking|spinning) up|launching|initiali[sz]ing|downloading)"
)
_LOADING: Final = lazy_pattern(
    r"\b(?:loading|initiali[sz]ing|starting|launching|downloading|pulling|warming up|waking up)"
    r" (?:the )?(?:model|weights)|\"estimated_time\"|\bcold start"
    rf"|(?:model|engine|server|endpoint|upstream)\b[^.\n]{{0,120}}?\b{_COMING_UP}\b"
)
_LOADING_SURELY: Final = lazy_pattern(
    r"model\b[^.\n]{0,80}\b(?:is|are|still|currently) (?:being )?load(?:ing|ed)\b[^\n]{0,40}"
    r"\b(?:wait|again|retry|later|soon|moment)"
)
"""The same, told with a status that means something else."""
_NOT_LOADED: Final = lazy_pattern(
    r"(?:error|\bfail\w*|exception|unable|could not|cannot)\b[^.\n]{0,20}\bload"
)
_MODEL_LOADING: Final = ErrorRule(ModelLoading, "is still loading the model")


def loading_rule(error: ErrorBody, text: str, status: int) -> ErrorRule | None:
    """The rule for a model that is still being loaded, not for one that cannot be.

    `text` is the response as it came; of a page, which may be about anything, only what it says
    of the error counts.
    """
    if _NOT_LOADED.search(error.text.casefold()):
        return None
    words = _LOADING if status in _UNAVAILABLE else _LOADING_SURELY
    said = (error.text if error.is_html else text).casefold()
    return _MODEL_LOADING if words.search(said) else None
