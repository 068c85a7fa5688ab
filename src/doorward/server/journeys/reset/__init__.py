"""Choose a new password with a one-time link."""

from ...accounts.reset_link import TICKET
from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"password_reset": Kind("Password reset by a link", covers=("revoked",))},
    letters={"password_reset": mail.PASSWORD_RESET},
    notices={"reset": Notice("Your new password is set. Log in with it.")},
    tickets=frozenset({TICKET}),
)
