"""Let another application act for a person, who is asked."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import mail, pages

journey = Journey(
    routers=(pages.router, pages.open_router),
    events={
        # by anybody, who names any application
        "application_refused": Kind(audited=False, endless=True, counts="refusal"),
        "consent_given": Kind("Application permitted"),
        "application_connected": Kind("Application connected", covers=("consent_given",)),
        "consent_denied": Kind("Application not permitted"),
    },
    letters={"application_connected": mail.CONNECTED},
)
