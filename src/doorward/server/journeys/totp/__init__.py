"""An authenticator app of one's own: set it up, and remove it."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...steps.enrol_totp import TICKET
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"totp_removed": Kind("Authenticator app removed")},
    letters={"totp_added": mail.TOTP_ADDED, "totp_removed": mail.TOTP_REMOVED},
    notices={
        "totp_added": Notice("Your authenticator app is set up. The next login asks for a code."),
        "totp_removed": Notice("Your authenticator app was removed."),
        "totp_again": Notice("That took too long, or an app was set up meanwhile. Look below."),
    },
    tickets=frozenset({TICKET}),
)
