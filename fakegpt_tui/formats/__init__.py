"""File formats of conversations: what is exported and imported."""
