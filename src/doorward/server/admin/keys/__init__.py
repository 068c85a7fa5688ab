"""The signing keys."""

from ...journey import Journey
from . import acts, api, pages

journey = Journey(routers=(api.router, pages.router, acts.router))
