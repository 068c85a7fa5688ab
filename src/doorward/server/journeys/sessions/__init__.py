"""Everywhere a person is logged in, and how they end it."""

from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    letters={"reused": mail.REUSED},
    notices={
        "ended": Notice("That place is logged out."),
        "others": Notice("Every other place is logged out."),
    },
)
