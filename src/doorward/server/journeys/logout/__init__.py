"""Log out."""

from ...journey import Journey
from ...ui.notice import Notice
from . import api, pages

journey = Journey(
    routers=(api.router, pages.router),
    notices={"logout": Notice("You are logged out.")},
)
