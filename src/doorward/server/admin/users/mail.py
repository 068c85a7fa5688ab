"""The letters of an administrator: with a reset link or an invitation, or about another address."""

from ...accounts.invitation import MAILED, invitation_link
from ...accounts.reset_link import reset_link
from ...mail.letter import Letter, Template
from ...service import Service
from ...steps.mailed_links import still_meant

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


INVITATION = Template(
    "You are invited",
    (
        (
            "An administrator made an account for you. Choose its password with this link. It works"
            " once, and for seven days:\n{link}"
        ),
        (
            "If you do not want the account, ignore this mail: nobody can log in to it. Nobody who"
            " runs the server needs the link, or your password."
        ),
    ),
)

ADDRESS_SET = Template(
    "The address of your account was changed",
    (
        (
            "An administrator changed the e-mail address of your account. From now on you log in"
            " with the new address, and mail about the account goes there. Your password stays as"
            " it is."
        ),
        "When: {when}",
        (
            "This mail goes to the old and to the new address. If you did not expect it, ask those"
            " who run the server."
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
    """The link in a letter, made when it is sent; None after the password or address was
    changed."""
    auth, user = service.auth, await still_meant(service, letter)
    if user is None:
        return None
    base_url = service.options.base_url
    return await reset_link(auth.store, user, base_url, at=auth.clock(), mailed=True)


async def invitation_of(service: Service, letter: Letter) -> str | None:
    """The same for an invitation, whose address the link then proves."""
    auth, user = service.auth, await still_meant(service, letter)
    if user is None or user.password_hash is not None:
        return None
    base, at = service.options.base_url, auth.clock()
    return await invitation_link(auth.store, user, base, at=at, way=MAILED)
