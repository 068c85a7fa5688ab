"""`/oauth/userinfo`: what an application may know of the person who allowed it."""

from ...journey import Journey
from . import api

journey = Journey(routers=(api.router,))
