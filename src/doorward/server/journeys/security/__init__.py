"""What a person can prove who they are with, on one page."""

from ...journey import Journey
from . import api, pages

journey = Journey(routers=(api.router, pages.router))
