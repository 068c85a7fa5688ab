"""`POST /oauth/revoke`: an application gives its access back."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
