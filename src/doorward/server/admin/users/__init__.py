"""The users, and what an administrator does about them."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import acts, api, mail, pages

journey = Journey(
    routers=(api.router, pages.router, acts.router),
    events={
        "account_deleted": Kind("Account deleted"),
        "factors_reset": Kind("Factors reset", covers=("revoked",)),
        "locked": Kind("Account locked", covers=("revoked",)),
        "reset_link_made": Kind("Reset link made"),
        "reset_link_sent": Kind("Reset link sent"),
        "roles_set": Kind("Roles set", covers=("changed", "revoked")),
        "unlocked": Kind("Account unlocked"),
    },
    letters={"reset_link_sent": mail.RESET_LINK, "factors_reset": mail.FACTORS_RESET},
    notices={
        "locked": Notice("Locked: nobody can log in with this account. {sessions} ended."),
        "unlocked": Notice("Unlocked: this person can log in again."),
        "user_out": Notice("Logged out everywhere: {sessions} ended."),
        "factors_reset": Notice("Factors reset: {sessions} ended. The password alone logs in."),
        "roles_set": Notice("Roles set: {sessions} changed, and nobody was logged out."),
        "link_sent": Notice("A link is on its way. It works once, for an hour after it is sent."),
    },
    links={"reset_link_sent": mail.reset_link_of},
)
