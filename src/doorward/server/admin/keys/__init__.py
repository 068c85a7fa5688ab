"""The signing keys."""

from ...journey import Journey
from ...ui.notice import Notice
from . import acts, api, pages

journey = Journey(
    routers=(api.router, pages.router, acts.router),
    notices={
        "rotated": Notice("Rotated: the next key takes over within an hour."),
        "withdrawn": Notice("Withdrawn: nothing that this key signed is accepted any more."),
        "withdrawn_before": Notice("This key was withdrawn before.", "news"),
    },
)
