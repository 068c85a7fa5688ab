"""The history of everybody."""

from ...journey import Journey
from . import api, pages

journey = Journey(routers=(api.router, pages.router))
