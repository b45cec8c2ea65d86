"""Documents in a prompt: text files between marks, so that a model can tell them apart."""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from fakegpt_tui.domain import RequestRefused
from fakegpt_tui.domain.media_types import PDF
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import replace_surrogates, safe_line


class TextFile(NamedTuple):
    """A text file that goes along with a prompt."""

    name: str
    text: str


def frame_documents(documents: Sequence[TextFile], typed: str, *, has_more: bool = False) -> str:
    """The documents between marks, and then what was typed; a single one alone stays bare.

    It is not alone where the message `has_more`, such as a picture. Marks that stand in a document,
    too, get an ending that is not in it.
    """
    if not documents:
        return typed
    if len(documents) == 1 and not typed.strip() and not has_more:
        return documents[0].text
    framed = [_frame(index, each) for index, each in enumerate(documents, start=1)]
    return "\n\n".join([*framed, typed] if typed.strip() else framed)


def _frame(index: int, document: TextFile) -> str:
    text, ending = document.text, ""
    if "</document" in text:
        ending = f"_{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}"
    name = safe_line(document.name).replace("<", "‹").replace(">", "›")
    return (
        f'<document{ending} index="{index}">\n<source>{name}</source>\n'
        f"<document_content{ending}>\n{text}\n</document_content{ending}>\n</document{ending}>"
    )


def document_text(data: bytes, media_type: str, name: str) -> str:
    """The text of a file.

    Raises:
        RequestRefused: It has none that can be read.
    """
    if media_type == PDF:
        return _pdf_text(data, name)
    text = decode_text(data)
    if text is None:
        raise RequestRefused(
            f"The file {safe_line(name)} cannot be sent: this service takes text and pictures, and "
            "it is neither. Remove it, or choose another service."
        )
    return replace_surrogates(text)


def _pdf_text(data: bytes, name: str) -> str:
    shown = safe_line(name)
    try:
        from pypdf import PdfReader  # noqa: PLC0415 - an extra, and slow to import
        from pypdf.errors import PyPdfError  # noqa: PLC0415
    except ImportError:
        raise RequestRefused(
            f"This service takes no PDF such as {shown}. Install fakegpt-tui[pdf], which reads the "
            "text of PDFs, or choose a service that takes them."
        ) from None
    try:
        pages = [page.extract_text() for page in PdfReader(BytesIO(data)).pages]
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise RequestRefused(f"The text of {shown} cannot be read; the PDF is damaged.") from error
    text = "\n\n".join(each.strip() for each in pages if each.strip())
    if not text:
        raise RequestRefused(
            f"There is no text in {shown}, only pictures. Choose a service that takes PDFs."
        )
    return replace_surrogates(text)
