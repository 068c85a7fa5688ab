"""Who I am, and everywhere I am logged in."""

from ...journey import Journey
from . import api, pages

journey = Journey(routers=(api.router, pages.router))
