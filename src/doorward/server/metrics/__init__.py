"""Metrics: what the server counts and times of its own work."""
