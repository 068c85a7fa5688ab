"""The letter to somebody who has an account and has not proved the address yet."""

from ...accounts.verify_link import of_user, verify_link
from ...mail.letter import STRANGER, Letter, Template
from ...service import Service
from ...steps.mailed_links import still_meant

VERIFY = Template(
    "Confirm your address",
    (
        "There is an account at {site} with your address, which nobody has confirmed yet.",
        "Asked for: {when}\nOn: {where}",
        ("If it is yours, open this link and confirm. It works once, and for a day:\n{link}"),
        (
            "If it is not yours, do not confirm: somebody else made the account. To keep them out"
            " of it, choose a new password for it here, which logs them out:\n{forgot}"
        ),
        "You can then keep the account, or delete it:\n{delete}",
    ),
    STRANGER,
)


async def link_of(service: Service, letter: Letter) -> str | None:
    """The link in a letter, made when it is sent; None when there is nothing to prove any more."""
    user = await still_meant(service, letter)
    if user is None or user.verified_at is not None:
        return None
    store, at = service.auth.store, service.clock()
    return await verify_link(store, of_user(user), service.options.base_url, at=at)
