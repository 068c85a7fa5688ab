"""Passkeys: add, rename and remove them, log in with one, and prove with one that it is still
you."""

import logging

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages, proving_api
from .challenge import TICKET

journey = Journey(
    routers=(api.router, proving_api.router, pages.router),
    events={
        "passkey_added": Kind("Passkey added"),
        "passkey_counter_fell": Kind("Passkey may be a copy", level=logging.WARNING),
        "passkey_refused": Kind("Passkey refused", endless=True, counts="refusal"),
        "passkey_removed": Kind("Passkey removed"),
    },
    letters={
        "passkey_added": mail.PASSKEY_ADDED,
        "passkey_counter_fell": mail.PASSKEY_COUNTER_FELL,
        "passkey_removed": mail.PASSKEY_REMOVED,
    },
    notices={
        "passkey_added": Notice("The passkey was added."),
        "passkey_removed": Notice("The passkey was removed. Delete it on your device, too."),
        "passkey_renamed": Notice("The passkey has a new name."),
    },
    tickets=frozenset({TICKET}),
)
