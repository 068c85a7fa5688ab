"""The letters of a login by mail."""

from dataclasses import replace

from ....types import Device
from ...accounts import tickets
from ...accounts.mail_code import LETTER, LIFETIME, Request, login_link
from ...mail.letter import STRANGER, Filled, Letter, Template
from ...service import Service
from ...steps.asked_letter import may_go

LOGIN = Template(
    "Your link and code for logging in",
    (
        "Somebody asked to log in to your account at {site} by mail.",
        "When: {when}\nOn: {where}",
        (
            "If it was you, open this link in the browser that asked. It works once, for ten"
            " minutes after the request:\n{link}"
        ),
        "Do you read this elsewhere? Then type this code in the browser that asked: {code}",
        (
            "Give the code to nobody, and type it nowhere else: it lets whoever has it into your"
            " account."
        ),
        "If it was not you, ignore this mail. Nobody is logged in without the link or the code.",
    ),
)

UNKNOWN = Template(
    "No account with this address",
    (
        "Somebody asked to log in at {site} with your address, but no account has it.",
        "When: {when}\nOn: {where}",
        (
            "If it was you, you may have signed up with another of your addresses. Try that"
            " one:\n{login}"
        ),
        "If it was not you, there is nothing to do.",
    ),
    STRANGER,
)

PASSWORD_VOIDED = Template(
    "The password of your account no longer works",
    (
        (
            "Somebody logged in to your account at {site} with a mail to this address, and proved"
            " with that for the first time that the account belongs to it. Whoever made the account"
            " may have been somebody else, who knows its password. So the password no longer works,"
            " and all other devices were logged out."
        ),
        "When: {when}\nOn: {where}",
        "If it was you and you want a password, choose a new one:\n{forgot}",
        (
            "If it was not you, somebody else reads your mail. Change the password of your mailbox"
            " first, and then choose a new password on the page above, which logs out all devices."
        ),
    ),
)


async def link_of(service: Service, letter: Letter) -> Filled | str | None:
    """The link for the account with this address; without one, the letter that says so; None when
    it is too late, beyond the limits, or when the account is locked."""
    store, at = service.auth.store, service.clock()
    kept = await tickets.look(store, LETTER, letter.id, at=at)
    if kept is None or at >= letter.at + LIFETIME:
        return None
    user = await service.users.by_email(letter.email)
    if not await may_go(service, letter, user):
        return None
    if user is None:
        return Filled(replace(letter, kind="login_unknown"))
    if user.locked_at is not None:
        return None
    if letter.tries <= 1:  # else it was entered when it could not be sent
        device = Device(address=letter.address, user_agent=letter.user_agent)
        await service.recorder.note("login_mailed", subject=user.subject, actor="", device=device)
    request, seal = Request(*kept.words), service.auth.factor_seal
    link = await login_link(
        store, seal, user, request, service.options.base_url, asked_at=letter.at
    )
    return Filled(replace(letter, subject=user.subject), link)
