"""Settings: what a person configured, where each value came from, and what is wrong with it."""
