"""Log out at the wish of an application (OpenID Connect RP-Initiated Logout 1.0)."""

from ...journey import Journey
from . import pages

journey = Journey(routers=(pages.router, pages.open_router))
