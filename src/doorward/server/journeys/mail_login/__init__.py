"""Log in by a letter: with its link in the browser that asked, or with its code there."""

from ...accounts.mail_code import ASKER, LINK
from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={
        "login_mailed": Kind("Asked to log in by mail"),
        "password_voided": Kind(
            "Password taken away at the first proof of the address", covers=("revoked",)
        ),
    },
    letters={
        "login_asked": mail.LOGIN,
        "login_unknown": mail.UNKNOWN,
        "password_voided": mail.PASSWORD_VOIDED,
    },
    links={"login_asked": mail.link_of},
    notices={
        "mail_login_again": Notice("That took too long. Ask for another letter.", "news"),
    },
    tickets=frozenset({ASKER, LINK}),
)
