"""Doorward keeps people logged in: one record, two modes, the same promises."""

from .auth import Auth as Auth
from .errors import ConfigurationError as ConfigurationError
from .errors import DoorwardError as DoorwardError
from .errors import Reason as Reason
from .errors import Rejected as Rejected
from .errors import StoreUnavailable as StoreUnavailable
from .login import Attempt as Attempt
from .settings import Settings as Settings
from .stores import open_store as open_store
from .types import Device as Device
from .types import Event as Event
from .types import Issued as Issued
from .types import Principal as Principal
from .types import Session as Session

__all__ = [
    "Attempt",
    "Auth",
    "ConfigurationError",
    "Device",
    "DoorwardError",
    "Event",
    "Issued",
    "Principal",
    "Reason",
    "Rejected",
    "Session",
    "Settings",
    "StoreUnavailable",
    "open_store",
]
