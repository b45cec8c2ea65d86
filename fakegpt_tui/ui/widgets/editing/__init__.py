"""Editing of the prompt: the keys of vim and of readline, over any text box."""
