"""Other applications, and what an administrator decides about them."""

from ...journey import Journey
from ...ui.notice import Notice
from . import acts, api, form, pages, people

journey = Journey(
    # the page of an application last: its id may be an address, with slashes
    routers=(api.router, form.router, acts.router, people.router, pages.router),
    notices={
        "application_changed": Notice("Changed: {grants} ended."),
        "application_disabled": Notice("Disabled: {grants} ended."),
        "application_enabled": Notice("Enabled: this application can ask people again."),
        "persons_access_ended": Notice("Access ended: {grants} ended."),
    },
)
