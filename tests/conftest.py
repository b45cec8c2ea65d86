"""Settings of the whole suite: the same examples in each run, and bytecode that is kept."""

import os
import sys

from hypothesis import HealthCheck, settings

# A machine may be busy: how long an example takes says nothing.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", PATIENT, derandomize=True)
settings.register_profile("search", PATIENT)  # looks for new examples: `make long`
settings.load_profile("same")

# Rewritten assertions are kept for the next run and for the programs that tests start, also where
# a container switches it off: to write them anew takes each worker ten seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
