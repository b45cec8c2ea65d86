"""The terminal, with the standard library only: queries and raw mode."""
