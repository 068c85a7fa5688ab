"""Everywhere a person is logged in."""

from collections.abc import Sequence

from ...types import Session
from ..service import Service

MOST = 500
"""The longest list that is shown: the latest activity first."""


async def live_sessions(service: Service, subject: str) -> Sequence[Session]:
    """The live sessions of a person."""
    return await service.auth.sessions(subject, limit=MOST)
