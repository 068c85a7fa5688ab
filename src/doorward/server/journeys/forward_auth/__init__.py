"""A reverse proxy asks who makes a request, before it lets it through to an application."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
