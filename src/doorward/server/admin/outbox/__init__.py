"""The mails that a server on its developer's machine would send."""

from ...journey import Journey
from . import pages

journey = Journey(routers=(pages.router,))
