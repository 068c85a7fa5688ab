"""Log in with an e-mail address and a password."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={
        "login_failed": Kind("Login failed", counts="refusal"),
        "guesses_limited": Kind("Too many wrong passwords or codes"),
    },
    letters={"new_device": mail.NEW_DEVICE, "guesses_limited": mail.GUESSES_LIMITED},
)
