"""State of a host that several processes share, in Valkey or Redis (commands of 7.0)."""
