"""Everywhere a person is logged in, and how they end it."""

from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    letters={"reused": mail.REUSED},
    notices={
        "ended": Notice("That device is logged out."),
        "others": Notice("All other devices are logged out."),
    },
)
