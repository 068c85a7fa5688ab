"""Who is logged in now, and how an administrator ends that."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import acts, api, pages

journey = Journey(
    routers=(api.router, pages.router, acts.router),
    events={"all_revoked": Kind("Everybody logged out")},
)
