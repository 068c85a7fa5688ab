"""`POST /oauth/introspect`: an API asks whether an access token is good at this moment."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
