"""Conversations out of and into files of other formats."""
