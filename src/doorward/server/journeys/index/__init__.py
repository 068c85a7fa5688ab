"""The front page, and the files that pages load."""

from ...journey import Journey
from . import pages

journey = Journey(routers=(pages.router,))
