"""Decisions wait for a replica, where the server has one."""

import logging

from .pool import PooledConnection

log = logging.getLogger("doorward")

REPLICA_WITHIN_MS = 500
"""How long a decision waits: a replica that hangs must not hold up whoever revokes."""


class Replicas:
    """Counts the decisions that no replica had acknowledged in time.  They stand all the same; if
    the primary is lost for good before a replica hears of them, they are lost with it."""

    def __init__(self) -> None:
        self.unreplicated = 0

    async def confirm(self, line: PooledConnection, replicas: int) -> None:
        """Wait for the decision just made on `line`, when there are replicas."""
        if replicas and not await line.ask("WAIT", 1, REPLICA_WITHIN_MS):
            self.unreplicated += 1
            log.warning(
                "no Redis replica acknowledged a decision within %d ms: a failover may undo it",
                REPLICA_WITHIN_MS,
            )
