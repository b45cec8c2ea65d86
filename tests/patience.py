"""How long a test waits for what must come."""

PATIENCE = 30.0
"""Seconds. Only there to end a test that hangs: no machine, however loaded, takes so long, and
what is waited for would not come by any other limit of the program before."""
