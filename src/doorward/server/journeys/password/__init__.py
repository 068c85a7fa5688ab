"""Change the password."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"password_changed": Kind("Password changed", covers=("revoked",))},
    letters={"password_changed": mail.PASSWORD_CHANGED},
    notices={
        "password": Notice("Your password was changed, and all other devices were logged out.")
    },
)
