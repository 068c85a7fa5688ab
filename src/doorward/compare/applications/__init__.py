"""One small application, with each way to keep people logged in."""
