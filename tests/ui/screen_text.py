"""The text on the screen of an app."""

from textual.app import App


def screen_text(app: App[None]) -> str:
    """The characters of the whole screen, line by line."""
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - Textual has no public way
    return "\n".join(strip.text.rstrip() for strip in strips)
