"""Accept an invitation: choose the first password of an account that an administrator made."""

from ...accounts.invitation import TICKET
from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import pages

journey = Journey(
    routers=(pages.router,),
    events={"invitation_accepted": Kind("Invitation accepted", covers=("revoked", "changed"))},
    notices={"invitation": Notice("Your password is set. Log in with it.")},
    tickets=frozenset({TICKET}),
)
