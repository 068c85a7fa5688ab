"""The rows, one to a file."""
