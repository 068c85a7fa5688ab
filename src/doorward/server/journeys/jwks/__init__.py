"""The public signing keys."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
