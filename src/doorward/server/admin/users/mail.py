"""The letter with a reset link."""

from ...accounts.reset_link import reset_link
from ...mail.letter import Letter, Template
from ...service import Service

RESET_LINK = Template(
    "Choose a new password",
    (
        (
            "An administrator sends you a link with which you choose a new password. It works once,"
            " and for an hour:\n{link}"
        ),
        (
            "If you did not ask for it, ignore this mail: your password does not change. Nobody who"
            " runs the server needs the link, or your password."
        ),
    ),
)


FACTORS_RESET = Template(
    "Your second factors were deleted",
    (
        (
            "Those who run the server deleted your authenticator app, passkeys and recovery codes,"
            " and logged you out everywhere. Your password is as it was, and logs you in alone."
        ),
        "When: {when}",
        "If you asked for it, log in and set up a new second factor:\n{login}",
        (
            "If you did not ask for it, somebody may have done so in your name. Log in, change your"
            " password and set up a second factor, and tell those who run the server."
        ),
    ),
)


async def reset_link_of(service: Service, letter: Letter) -> str | None:
    """The link in a letter, made when it is sent; None after the password was changed."""
    auth, user = service.auth, await service.users.by_subject(letter.subject)
    if user is None or user.ending != letter.ending:  # by number: clocks of nodes differ
        return None
    return await reset_link(auth.store, user, service.options.base_url, at=auth.clock())
