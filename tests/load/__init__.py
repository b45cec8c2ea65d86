"""Load on a host: what many streams at once cost, beside a bare forwarder in the same run."""
