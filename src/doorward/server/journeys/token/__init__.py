"""`POST /oauth/token`: tokens for an application, against a code or a refresh token, or for
itself."""

import logging

from ...audit.kinds import Kind
from ...journey import Journey
from . import api, mail

journey = Journey(
    routers=(api.router,),
    events={
        "code_reused": Kind(
            "Code of an application used twice: its access ended",
            level=logging.WARNING,
            counts="refusal",
        ),
    },
    letters={"code_reused": mail.CODE_REUSED},
)
