"""The users, and what an administrator does about them."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import acts, add, api, mail, pages

journey = Journey(
    routers=(api.router, add.router, pages.router, acts.router),
    events={
        "account_deleted": Kind("Account deleted", covers=("revoked",)),
        "factors_reset": Kind("Factors reset", covers=("revoked",)),
        "address_set": Kind("Address changed", covers=("changed",)),
        "invitation_made": Kind("Invitation made"),
        "invitation_sent": Kind("Invitation sent"),
        "locked": Kind("Account locked", covers=("revoked",)),
        "reset_link_made": Kind("Reset link made"),
        "reset_link_sent": Kind("Reset link sent"),
        "roles_set": Kind("Roles set", covers=("changed", "revoked")),
        "unlocked": Kind("Account unlocked"),
    },
    letters={
        "address_set": mail.ADDRESS_SET,
        "factors_reset": mail.FACTORS_RESET,
        "invitation_sent": mail.INVITATION,
        "reset_link_sent": mail.RESET_LINK,
    },
    notices={
        "locked": Notice("Locked: nobody can log in with this account. {sessions} ended."),
        "unlocked": Notice("Unlocked: this person can log in again."),
        "user_out": Notice("Logged out everywhere: {sessions} ended."),
        "factors_reset": Notice("Factors reset: {sessions} ended. The password alone logs in."),
        "roles_set": Notice("Roles set: {sessions} changed, and nobody was logged out."),
        "address_set": Notice("Address changed. Both addresses get a mail where mail is sent."),
        "invitation_sent": Notice("An invitation is on its way. It works once, for seven days."),
        "user_added": Notice("Account made, without a password. Invite the person when you want."),
        "user_deleted": Notice("Account deleted: {sessions} ended."),
        "link_sent": Notice("A link is on its way. It works once, for an hour after it is sent."),
    },
    links={
        "invitation_sent": mail.invitation_of,
        "reset_link_sent": mail.reset_link_of,
    },
)
