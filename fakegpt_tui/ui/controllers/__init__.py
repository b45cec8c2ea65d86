"""Controllers of the main screen: one per kind of command."""
