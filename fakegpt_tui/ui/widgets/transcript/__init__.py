"""The transcript: the messages of one conversation as a scrollable view."""
