"""The host: any backend, served over the FakeGPT protocol."""
