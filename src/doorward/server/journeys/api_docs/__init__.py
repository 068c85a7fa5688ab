"""The documentation of the API, made of the OpenAPI document."""

from ...journey import Journey
from . import pages

journey = Journey(routers=(pages.router,))
