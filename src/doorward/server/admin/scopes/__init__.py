"""The scopes, and what an administrator decides about them."""

from ...journey import Journey
from ...ui.notice import Notice
from . import add, api, pages

journey = Journey(
    routers=(api.router, add.router, pages.router),
    notices={
        "scope_added": Notice("Scope added. Name it at an application that may ask for it."),
        "scope_removed": Notice("Scope removed."),
    },
)
