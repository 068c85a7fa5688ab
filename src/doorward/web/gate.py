"""What all requests of one application share."""

import logging
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from ..auth import Auth
from . import client, origin
from .devices import Devices
from .header_cache import HeaderCache
from .limiter import Limiter
from .streams import Streams

log = logging.getLogger("doorward")


class Gate:
    """What all requests of one application share."""

    __slots__ = (
        "_streams",
        "_warned",
        "auth",
        "cookie_suffix",
        "devices",
        "header_cache",
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
        self.header_cache = HeaderCache(auth.settings.remember)
        self.trusted = trusted
        self._streams: WeakKeyDictionary[AbstractEventLoop, Streams] = WeakKeyDictionary()
        self._warned = False

    @property
    def streams(self) -> Streams:
        """Every open stream of this event loop.  The task that watches them must be able to close
        them, and ends with the loop."""
        loop = get_running_loop()
        found = self._streams.get(loop)
        if found is None:
            found = self._streams[loop] = Streams(self.auth)
        return found

    def warn_of_late_question(self, scope: Mapping[str, Any]) -> None:
        """Warn, once, of a handler that asks who makes a request when the answer has begun.  On a
        WebSocket that is usual, and its answer is for nobody else."""
        if self._warned or scope["type"] == "websocket":
            return
        self._warned = True
        log.warning(
            "%s %s asked who makes the request after its answer had begun. That answer carries"
            " neither Vary nor Cache-Control: no-store, so a cache may give it to somebody else,"
            " and an access token that has run out is not refreshed. Ask before, with"
            " Depends(auth.principal) or ahead of the first part of the body.",
            scope["method"],
            ascii(scope["path"]),
        )
