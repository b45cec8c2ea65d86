"""What only claims to be a picture is a file with a sentence, wherever it comes from."""

import json
import re
from pathlib import Path

import pytest

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.parts import FilePart, ImagePart, attached_parts
from fakegpt_tui.ui.dialogs.picture_viewer import PictureViewer
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.attachments.examples import png
from tests.attachments.pictures import photo
from tests.formats.test_chatgpt_assets import exported, pointer, zipped
from tests.ui.running import running

HUGE = png(1, 1).replace(b"\0\0\0\1\0\0\0\1", b"\0\0\x75\x30\0\0\x75\x30", 1)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
MEMBERS = {
    "huge.png": HUGE,
    "drawing.svg": SVG,
    "photo.heic": b"\0\0\0\x18ftypheic" + b"\0" * 40,
    "voice.webp": b"RIFF\x24\0\0\0WAVEfmt ",
    "torn.png": photo((80, 40), "PNG")[:100],
}
SAYS = {
    "huge.png": "30,000×30,000) is too large to be shown",
    "drawing.svg": "The file is an SVG",
    "photo.heic": "of a kind (HEIC) that is not drawn here",
    "torn.png": "The picture is damaged and cannot be shown",
}
REFUSES = {
    "huge.png": "huge.png is a picture (PNG) that cannot be sent",
    "photo.heic": "photo.heic is a picture (HEIC) that cannot be sent",
}
TAKEN = ("drawing.svg", "voice.webp")


async def test_imported_and_attached_they_are_files_that_say_why(tmp_path: Path) -> None:
    ids = {f"file_{number}": name for number, name in enumerate(MEMBERS)}
    index = {f"{file_id}.dat": name for file_id, name in ids.items()}
    members = {f"{file_id}.dat": MEMBERS[name] for file_id, name in ids.items()}
    members["conversation_asset_file_names.json"] = json.dumps(index).encode()
    export = exported(*(pointer(f"sediment://{file_id}") for file_id in ids))
    async with running(size=(110, 40)) as it:
        await it.ask(f"/import {zipped(tmp_path, export, members)}")
        await it.see("Added: 1 conversation")
        await it.pilot.press("escape", "alt+1")
        await it.see("voice.webp · WAV")
        parts = {each.name: each for each in attached_parts(it.path[0].parts)}
        assert {name for name, part in parts.items() if isinstance(part, ImagePart)} == {"torn.png"}
        for name, part in parts.items():
            assert await it.chat.attachments.read("c", part.blob.digest) == MEMBERS[name]
            assert name in it.text

        it.app.screen.query_one(Transcript).focus()
        await it.pilot.press("o")
        await it.until(lambda: isinstance(it.app.screen, PictureViewer))
        for name, sentence in SAYS.items():
            await it.see(f"▣ {name}")
            await it.see(sentence)
            await it.pilot.press("n")

        for name, data in MEMBERS.items():
            (tmp_path / name).write_bytes(data)
        for name, sentence in REFUSES.items():
            with pytest.raises(LoadError, match=re.escape(sentence)):
                await it.chat.attachments.add_file("c", tmp_path / name)
        for name in TAKEN:
            attached = await it.chat.attachments.add_file("c", tmp_path / name)
            assert isinstance(attached, FilePart)
