"""Change one's own e-mail address, and undo that from the old one."""

from ...accounts.email_link import CHANGE, UNDO
from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={
        "email_asked": Kind("Asked to change the address"),
        "email_changed": Kind("Address changed", covers=("changed",)),
        "email_restored": Kind("Old address put back by a link", covers=("revoked",)),
    },
    letters={
        "email_confirm": mail.CONFIRM,
        "email_in_use": mail.IN_USE,
        "email_left": mail.LEFT,
        "email_lost": mail.LOST,
        "email_restored": mail.RESTORED,
    },
    links={"email_confirm": mail.confirm_link, "email_left": mail.undo_link_of},
    notices={
        "email_asked": Notice(
            "A letter is on its way to the new address. Open the link in it in this browser."
        ),
        "email_changed": Notice("Your address is changed. Log in with the new one from now on."),
    },
    tickets=frozenset({CHANGE, UNDO}),
)
