"""The second step of a login: a code, or setting up the app that will show codes."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...refusals import Refusal, Refused
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
        "login_expired": Notice(str(Refused(Refusal.LOGIN_EXPIRED)), "news"),
    },
    tickets=frozenset({TICKET}),
)
