"""The second step of a login: a code, or setting up the app that will show codes."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...steps.second_step import TICKET
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={
        "recovery_code_used": Kind("Recovery code used"),
    },
    letters={"recovery_code_used": mail.RECOVERY_CODE_USED},
    notices={
        "login_expired": Notice(
            "This login took too long, or the account was changed meanwhile. Log in again.", "news"
        ),
    },
    tickets=frozenset({TICKET}),
)
