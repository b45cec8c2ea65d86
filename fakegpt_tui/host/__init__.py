"""The host: any backend, served over the wire format."""
