"""Recovery codes of one's own: new ones, with which the old ones die."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={"recovery_codes_made": Kind("Recovery codes made")},
    letters={"recovery_codes_made": mail.RECOVERY_CODES_MADE},
)
