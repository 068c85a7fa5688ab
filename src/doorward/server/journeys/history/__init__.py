"""A person's own history."""

from ...journey import Journey
from . import api, pages

journey = Journey(routers=(api.router, pages.router))
