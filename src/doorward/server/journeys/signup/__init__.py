"""Make an account."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import api, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"signup_refused": Kind(audited=False, endless=True, counts="refusal")},
)
