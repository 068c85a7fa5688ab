"""Protects an API or MCP server in another process, without the database and the root key.

Its routes take access tokens of a Doorward server.  They are checked here, by the public keys, and
die within a second when the server ends their grant.
"""

from .caller import Caller as Caller
from .guard import Guard as Guard
from .refusal import Answer as Answer
from .refusal import Refused as Refused

__all__ = ["Answer", "Caller", "Guard", "Refused"]
