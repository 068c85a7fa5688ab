"""Prove it is still you, within the session (RFC 9470)."""

from ...journey import Journey
from ...ui.notice import Notice
from . import api, pages

journey = Journey(
    routers=(api.router, pages.router),
    notices={"confirmed": Notice("You have confirmed that it is you.")},
)
