"""The letters of an administrator: with a reset link or an invitation, or about another address."""

from ...accounts.invitation import MAILED, invitation_link
from ...accounts.reset_link import reset_link
from ...mail.letter import Letter, Template
from ...service import Service
from ...steps.mailed_links import still_meant

NEVER_ASKED = "Those who run {site} never ask you for the link, or for your password."

RESET_LINK = Template(
    "Choose a new password",
    (
        (
            "An administrator of {site} sends you a link with which you choose a new password for"
            " your account. It works once, and for an hour:\n{link}"
        ),
        (
            "If you did not ask for it, ignore this mail: your password does not change."
            f" {NEVER_ASKED}"
        ),
    ),
)

INVITATION = Template(
    "You are invited",
    (
        (
            "An administrator of {site} made an account for you, with this address. Choose its"
            " password with this link. It works once, and for seven days:\n{link}"
        ),
        (
            "If you do not want the account, ignore this mail: nobody can log in without a"
            f" password. {NEVER_ASKED}"
        ),
    ),
)

ADDRESS_SET = Template(
    "The address of your account was changed",
    (
        (
            "An administrator of {site} changed the e-mail address of your account. From now on you"
            " log in with the new address, and mail about the account goes there. Your password"
            " stays as it is."
        ),
        "When: {when}",
        (
            "This mail goes to the old and to the new address. If you asked for the change, there"
            " is nothing to do. If you did not, ask those who run {site}."
        ),
    ),
    end="You get this because the account at {site} had or has the address {email}:\n{origin}",
)

FACTORS_RESET = Template(
    "Your second factors were deleted",
    (
        (
            "Those who run {site} deleted the authenticator app, passkeys and recovery codes of"
            " your account, and logged you out everywhere. If you have a password, it is as it was,"
            " and logs you in alone."
        ),
        "When: {when}",
        "If you asked for it, log in and set up a new second factor on this page:\n{security}",
        (
            "If you did not ask for it, somebody may have asked in your name. Choose a new password"
            " here, set up a second factor on the page above, and tell those who run"
            " {site}:\n{forgot}"
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
