"""Which applications have access to a person's account, and how the person ends it."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"consent_withdrawn": Kind("Access of an application ended", covers=("revoked",))},
    notices={"access_ended": Notice("That application has no access any more.")},
)
