"""Make an account."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"signup_refused": Kind(audited=False, endless=True, counts="refusal")},
    letters={"signup_asked": mail.CONFIRM, "signup_known": mail.KNOWN},
    links={"signup_asked": mail.confirm_link},
)
