"""Where the endpoints for other applications are, and what they can do."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
