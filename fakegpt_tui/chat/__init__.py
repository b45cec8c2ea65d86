"""One prompt and its reply at a time, and many of them at once."""
