"""The host: any backend, served to other programs, by FakeGPT's protocol and those of APIs."""
