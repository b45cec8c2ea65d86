"""Plain mode: a chat line by line, for screen readers and terminals that can do no more.

Whole sentences, no redraw, no spinner: what is written is never changed.
"""
