"""Textual, Rich and the terminal: all that patches them or works around them."""
