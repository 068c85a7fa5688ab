"""The users, and what an administrator does about them."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import acts, api, mail, pages

journey = Journey(
    routers=(api.router, pages.router, acts.router),
    events={
        "account_deleted": Kind("Account deleted"),
        "locked": Kind("Account locked"),
        "reset_link_made": Kind("Reset link made"),
        "reset_link_sent": Kind("Reset link sent"),
        "roles_set": Kind("Roles set"),
        "unlocked": Kind("Account unlocked"),
    },
    letters={"reset_link_sent": mail.RESET_LINK},
    links={"reset_link_sent": mail.reset_link_of},
)
