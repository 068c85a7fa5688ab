"""People with second factors in tests of the server."""

from typing import Any

import httpx2
import pyotp

from doorward.server.accounts import totp
from doorward.server.accounts.passkeys import Passkey
from tests.server.house import House, login

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

A_PASSKEY = Passkey(
    credential_id="c",
    subject="",
    user_handle="h",
    public_key="k",
    sign_count=0,
    transports=(),
    aaguid="",
    backup_eligible=True,
    backed_up=True,
    name="new",
    created_at=0,
)
"""A passkey of nobody yet."""


async def give_totp(house: House, subject: str) -> None:
    """An authenticator app with `SECRET`, past the pages; no code of it was used yet."""
    sealed = house.service.totp.sealed(subject, SECRET)
    user = await house.service.users.by_subject(subject)
    assert user is not None
    assert await house.service.totp.add(
        subject, sealed, step=0, at=house.clock(), ending=user.ending
    )


def code(house: House, steps: int = 0, secret: str = SECRET) -> str:
    """The code of now, or of so many steps later."""
    return pyotp.TOTP(secret).at(house.clock() + steps * totp.STEP)


async def asked(client: httpx2.AsyncClient, **more: Any) -> str:
    """The ticket of a login that waits for its second factor."""
    answer = await login(client, **more)
    assert answer.status_code == 202, answer.text
    ticket: str = answer.json()["second_factor"]["ticket"]
    return ticket


async def prove(
    client: httpx2.AsyncClient, ticket: str, code: str, kind: str = "totp"
) -> httpx2.Response:
    return await client.post(f"/api/login/{kind}", json={"ticket": ticket, "code": code})
