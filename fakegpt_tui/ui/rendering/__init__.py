"""Markdown to lines: pure functions, no widget."""
