"""Example snippets: a set to begin with, written into the folder where that is wanted."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from fakegpt_tui.domain import SaveError
from fakegpt_tui.temporary_files import claim, make_private_folder, temporary_file
from fakegpt_tui.text import safe_line

_TEXTS = {
    "translate": """Translate into {{language=English}}. Keep the tone, and leave code alone.

{{input}}""",
    "proofread": """Correct spelling and grammar of this text, and leave all else as it is.
Then list what you have changed.

{{input}}""",
    "rewrite": """Rewrite this in a {{tone=friendly}} tone, for {{reader=a colleague}}.

{{input}}""",
    "gist": """Say in {{sentences=three}} sentences what this is about.
Then list what has to be done, by whom and until when.

{{input}}""",
    "explain": """Explain this to a reader who knows {{background=programming}}.

{{selection}}

{{input}}""",
    "review": """Review this {{language}} code: errors first, then what is hard to read or missing.
Name the line of each.

```
{{clipboard}}
```

{{input}}""",
    "cases": """Write tests with {{framework=pytest}} for this code, the riskiest cases first.

```
{{clipboard}}
```

{{input}}""",
    "commit-message": """Write a commit message for this change: a subject of at most {{width=72}}
characters in the imperative, and a body that gives the reason.

{{input}}""",
}
EXAMPLES: Mapping[str, str] = MappingProxyType(_TEXTS)
"""Their texts by their names, none of which is that of a command."""


def missing_examples(known: Mapping[str, object]) -> tuple[str, ...]:
    """The examples that are not among the snippets with these names."""
    return tuple(name for name in EXAMPLES if name not in known)


def add_examples(folder: Path) -> tuple[str, ...]:
    """Write the examples whose names are not taken there, and return these names.

    Raises:
        SaveError: They cannot be written.
    """
    try:
        make_private_folder(folder)
        taken = {path.stem.casefold() for path in folder.iterdir()}
        return tuple(name for name in missing_examples(dict.fromkeys(taken)) if _add(folder, name))
    except OSError as error:
        reason = error.strerror or "the system does not say why"
        where = safe_line(str(folder), 1_000)
        raise SaveError(f"{where} cannot be written ({reason}); check the folder.") from error


def _add(folder: Path, name: str) -> bool:
    """Write an example whole, unless there is such a file by now; true if it was written."""
    path = folder / f"{name}.md"
    with temporary_file(folder, f"{EXAMPLES[name]}\n".encode(), name=path.name) as part:
        if not claim(part, path):
            return False
        if not path.stat().st_size:
            part.replace(path)  # as there are no links here
    return True
