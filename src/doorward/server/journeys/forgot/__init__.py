"""Ask for a link by mail, for a forgotten password."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"forgotten": Kind("Asked for a link to choose a new password")},
    letters={"reset_asked": mail.RESET, "reset_unknown": mail.UNKNOWN},
    links={"reset_asked": mail.link_of},
)
