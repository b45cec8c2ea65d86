"""Signing in: login steps, sessions, and where sessions are stored."""
