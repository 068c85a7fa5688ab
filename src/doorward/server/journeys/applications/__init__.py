"""Which applications have access to a person's account, and how the person ends it."""

from ...journey import Journey
from ...ui.notice import Notice
from . import api, pages

journey = Journey(
    routers=(api.router, pages.router),
    notices={"access_ended": Notice("That application has no access any more.")},
)
