"""Who is logged in now, and how an administrator ends that."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import acts, api, pages

journey = Journey(
    routers=(api.router, pages.router, acts.router),
    events={"all_revoked": Kind("Everybody logged out")},
    notices={
        "all_out": Notice("Everybody is logged out: {sessions} ended. You are still logged in."),
        "session_ended": Notice("{sessions} ended."),
    },
)
