"""The letters about a change of address."""

from dataclasses import replace

from ...accounts import tickets
from ...accounts.email_link import ASKED, change_link, is_good, undo_link
from ...mail.letter import STRANGER, STUCK, Filled, Letter, Template
from ...service import Service

FORMER = "You get this because an account at {site} had the address {email}:\n{origin}"
"""Why the owner of an address gets a letter about an account that has it no more."""

CONFIRM = Template(
    "Confirm your new address",
    (
        "Somebody who is logged in at {site} wants to use your address for their account.",
        "When: {when}\nOn: {where}",
        (
            "If it was you, open this link in the browser where you asked, while you are logged in"
            " there, and confirm. In another browser, log in to that account first. The link works"
            " once, and for an hour:\n{link}"
        ),
        (
            "If it was not you, do not confirm: your address would belong to somebody else's"
            " account. Ignore this mail, and nothing changes."
        ),
    ),
    STRANGER,
)

IN_USE = Template(
    "Your address has an account already",
    (
        (
            "Somebody who is logged in at {site} wants to use your address for their account. An"
            " account has this address already, and nothing was changed."
        ),
        "When: {when}\nOn: {where}",
        (
            "If it was you, you have two accounts. Log in to the other one with this"
            " address:\n{login}"
        ),
        "If it was not you, there is nothing to do.",
    ),
    STRANGER,
)

LEFT = Template(
    "The address of your account was changed",
    (
        (
            "Your account at {site} has another e-mail address from now on. Letters no longer come"
            " here, and this address no longer logs you in."
        ),
        "When: {when}\nOn: {where}",
        "If it was you, there is nothing to do.",
        (
            "If it was not you, somebody else is in your account. Put this address back with this"
            " link, before {week}. It works also if the password was changed. All devices are"
            " logged out, and you choose a new password:\n{link}"
        ),
    ),
    FORMER,
)

RESTORED = Template(
    "Your old address was put back",
    (
        (
            "With the link in an earlier letter, this address was put back into your account at"
            " {site}. All devices were logged out, and the password no longer works."
        ),
        "When: {when}\nOn: {where}",
        "If it was you and you have no new password yet, choose one here:\n{forgot}",
        (
            "Whoever changed the address may have added a passkey or an authenticator app. Log in,"
            " and on this page remove those that are not yours:\n{security}"
        ),
        STUCK,
        (
            "If it was not you, somebody else reads your mail. Change the password of your mailbox"
            " first, and then choose a new password on the first page above."
        ),
    ),
)

LOST = Template(
    "Your account has its old address again",
    (
        (
            "The address of your account at {site} was changed to this one lately. With a link that"
            " went to the address before, the change was undone, and all devices were logged out."
        ),
        "When: {when}\nOn: {where}",
        "If it was you, log in with the old address:\n{login}",
        (
            "If the account is yours and it was not you, somebody else reads the mail of your old"
            " address. Ask those who run {site} to lock the account."
        ),
        "If you know nothing of the account, there is nothing to do.",
    ),
    FORMER,
)


async def confirm_link(service: Service, letter: Letter) -> Filled | str | None:
    """The link to the new address; where an account has it, the letter that says so; None when
    what allowed the change is over."""
    store, at = service.auth.store, service.clock()
    asked = await tickets.look(store, ASKED, letter.id, at=at)
    user = asked and await service.users.by_subject(asked.words[0])
    if asked is None or user is None or not is_good(asked.words, user):
        return None
    if await service.users.by_email(letter.email) is not None:
        return Filled(replace(letter, kind="email_in_use"))
    return await change_link(store, asked.words, service.options.base_url, at=at)


async def undo_link_of(service: Service, letter: Letter) -> str | None:
    """The link back to the old address; None when the change was undone."""
    change = await service.email_changes.find(letter.id)
    if change is None:
        return None
    return await undo_link(service.auth.store, change, service.options.base_url, at=service.clock())
