"""Doorward for FastAPI."""

from ...types import Principal as Principal
from .app import Doorward as Doorward
from .app import LoginAttempt as LoginAttempt
from .guard import Guard as Guard

__all__ = ["Doorward", "Guard", "LoginAttempt", "Principal"]
