"""The metrics, for Prometheus."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
