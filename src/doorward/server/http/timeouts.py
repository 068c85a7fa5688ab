"""How long a client may take, wherever it is waited for."""

SLOWEST = 10
"""Seconds for the TLS handshake and the first head, for each other head, for a body, and to read a
part of an answer."""

LINGER = 1
"""Seconds for which the server reads and drops what a refused client still sends: closing at once
would reset the connection, and the answer would be lost (RFC 9112 section 9.6)."""
