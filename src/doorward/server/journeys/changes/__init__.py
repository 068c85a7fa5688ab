"""`GET /oauth/changes`: an API hears at once which grants for it have ended."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
