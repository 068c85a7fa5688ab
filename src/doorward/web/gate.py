"""What all requests of one application share."""

from asyncio import AbstractEventLoop, get_running_loop
from weakref import WeakKeyDictionary

from ..auth import Auth
from . import client, origin
from .devices import Devices
from .limiter import Limiter
from .streams import Streams


class Gate:
    """What all requests of one application share."""

    __slots__ = (
        "_streams",
        "auth",
        "cookie_suffix",
        "devices",
        "limiter",
        "modes",
        "origins",
        "public_origin",
        "trusted",
    )

    def __init__(self, auth: Auth, trusted: client.Trusted) -> None:
        self.auth = auth
        self.modes = auth.settings.modes
        self.public_origin = auth.settings.public_origin
        self.cookie_suffix = auth.settings.cookie_suffix or ""
        self.devices = Devices(auth.device_keys, self.cookie_suffix)
        self.limiter = Limiter(auth.store, auth.clock)
        self.origins = origin.Origins.of(auth.settings)
        self.trusted = trusted
        self._streams: WeakKeyDictionary[AbstractEventLoop, Streams] = WeakKeyDictionary()

    @property
    def streams(self) -> Streams:
        """Every open stream of this event loop: whoever watches them must be able to close them,
        and ends with the loop."""
        loop = get_running_loop()
        found = self._streams.get(loop)
        if found is None:
            found = self._streams[loop] = Streams(self.auth)
        return found
