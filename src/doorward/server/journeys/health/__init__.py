"""Whether the server is well."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
