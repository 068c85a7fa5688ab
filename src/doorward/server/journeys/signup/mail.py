"""The letters about a sign-up, where addresses are verified first."""

from dataclasses import replace

from ...accounts import tickets
from ...accounts.verify_link import PENDING, of_signup, verify_link
from ...mail.letter import STRANGER, Filled, Letter, Template
from ...service import Service

CONFIRM = Template(
    "Confirm your address",
    (
        "Somebody asked for an account at {site} with your address, and chose a password for it.",
        "When: {when}\nOn: {where}",
        ("If it was you, open this link and confirm. It works once, and for a day:\n{link}"),
        (
            "If it was not you, do not confirm: whoever asked would have an account with your"
            " address. Ignore this mail, and there is no account."
        ),
    ),
    STRANGER,
)

KNOWN = Template(
    "You have an account already",
    (
        (
            "Somebody asked for an account at {site} with your address. You have one already, and"
            " nothing was changed."
        ),
        "When: {when}\nOn: {where}",
        "If it was you, log in:\n{login}",
        "If you forgot your password, choose a new one:\n{forgot}",
        "If it was not you, there is nothing to do.",
    ),
)


async def confirm_link(service: Service, letter: Letter) -> Filled | str | None:
    """The link for the sign-up that waits; for an address with an account, the letter that says
    so; None when the sign-up was forgotten."""
    store, at = service.auth.store, service.clock()
    user = await service.users.by_email(letter.email)
    if user is not None:
        return Filled(replace(letter, kind="signup_known", subject=user.subject))
    if await tickets.look(store, PENDING, letter.id, at=at) is None:
        return None
    return await verify_link(store, of_signup(letter.id), service.options.base_url, at=at)
