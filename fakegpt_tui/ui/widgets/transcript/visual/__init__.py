"""Visual selection: text is selected with keys, by character, word, line or message."""
