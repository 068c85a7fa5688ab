"""The letters to somebody who forgot the password."""

from dataclasses import replace

from ....types import Device
from ...accounts.reset_link import reset_link
from ...mail.letter import STRANGER, Filled, Letter, Template
from ...service import Service
from ...steps.asked_letter import may_go

RESET = Template(
    "Choose a new password",
    (
        "Somebody asked for a new password for your account at {site}.",
        "When: {when}\nOn: {where}",
        ("If it was you, choose one with this link. It works once, and for an hour:\n{link}"),
        (
            "If it was not you, ignore this mail: your password does not change. Give the link to"
            " nobody."
        ),
    ),
)

UNKNOWN = Template(
    "No account with this address",
    (
        "Somebody asked for a new password at {site} for your address, but no account has it.",
        "When: {when}\nOn: {where}",
        (
            "If it was you, you may have signed up with another of your addresses. Try that"
            " one:\n{forgot}"
        ),
        "If it was not you, there is nothing to do.",
    ),
    STRANGER,
)


async def link_of(service: Service, letter: Letter) -> Filled | str | None:
    """The link for the account with this address; without one, the letter that says so; None beyond
    the limits."""
    user = await service.users.by_email(letter.email)
    if not await may_go(service, letter, user):
        return None
    if user is None:
        return Filled(replace(letter, kind="reset_unknown"))
    if letter.tries <= 1:  # else it was entered when it could not be sent
        device = Device(address=letter.address, user_agent=letter.user_agent)
        await service.recorder.note("forgotten", subject=user.subject, actor="", device=device)
    store, base_url, at = service.auth.store, service.options.base_url, service.clock()
    link = await reset_link(store, user, base_url, at=at, mailed=True)
    return Filled(replace(letter, subject=user.subject), link)
