"""Exports of ChatGPT as it makes them, and damaged ones."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TIME = 1_700_000_000.0


def said(role: str, *parts: Any, **changes: Any) -> dict[str, Any]:
    """A message of an export."""
    return {
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": TIME,
        "content": {"content_type": "text", "parts": list(parts)},
        "status": "finished_successfully",
        "recipient": "all",
        "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
        **changes,
    }


def content(kind: str, **fields: Any) -> dict[str, Any]:
    return {"content": {"content_type": kind, **fields}}


def tree(*links: tuple[str, str | None, dict[str, Any] | None]) -> dict[str, Any]:
    """A mapping of nodes, each given with its parent and its message."""
    return {
        own: {
            "id": own,
            "message": message,
            "parent": parent,
            "children": [other for other, above, _ in links if above == own],
        }
        for own, parent, message in links
    }


def exported(mapping: Any, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Rivers",
        "create_time": TIME,
        "update_time": TIME + 60,
        "mapping": mapping,
        "current_node": next(reversed(mapping), None) if isinstance(mapping, dict) else None,
        "conversation_id": "11111111-2222-3333-4444-555555555555",
        **changes,
    }


def ordinary(**changes: Any) -> dict[str, Any]:
    """A conversation with an edited prompt, as the service exports it."""
    hidden = {"is_visually_hidden_from_conversation": True}
    return exported(
        tree(
            ("root", None, None),
            ("system", "root", said("system", "", metadata=hidden)),
            ("p1", "system", said("user", "Tell of rivers")),
            ("r1", "p1", said("assistant", "They flow.")),
            ("p2", "system", said("user", "Tell of lakes", create_time=TIME + 1)),
            ("r2", "p2", said("assistant", "They rest.", create_time=TIME + 2)),
        ),
        **changes,
    )


def many(count: int) -> list[dict[str, Any]]:
    return [
        ordinary(conversation_id=f"c-{number}", title=f"Talk {number}") for number in range(count)
    ]


def write_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def zipped(members: Mapping[str, bytes | Any], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file; what is not bytes is JSON."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, held in members.items():
            archive.writestr(name, held if isinstance(held, bytes) else json.dumps(held))
    return file.getvalue()
