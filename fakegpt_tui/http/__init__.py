"""HTTP for services: clients, limits, retries, errors in words, event streams."""
