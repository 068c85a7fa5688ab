"""Plain JWTs, as tutorials show them: signed with one secret, good until they expire, no record.

Written after https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/, with the roles in the
token, as applications put them there that want no look-up on a request.  What the tutorial does
not have is not there: a refresh, a logout at the server, cookies.
"""

import secrets
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import OAuth2PasswordBearer

from .application import Clock, Form
from .hs256 import Refused, signed, verified
from .spec import Spec


class Claimed(NamedTuple):
    """Whom a token names."""

    subject: str
    roles: list[str]


class PlainJwt:
    """See `Keeper`."""

    lifespan = None

    def __init__(self, spec: Spec, clock: Clock) -> None:
        self._secret, self._lifetime, self._clock = spec.secret, spec.lifetime, clock
        scheme = OAuth2PasswordBearer(tokenUrl="login")

        async def who(token: Annotated[str, Depends(scheme)]) -> Claimed:
            try:
                claims = verified(token, self._secret, clock())
            except Refused:
                challenge = {"WWW-Authenticate": "Bearer"}
                raise HTTPException(401, "Could not validate credentials", challenge) from None
            return Claimed(claims["sub"], claims["roles"])

        self.who = who

    def install(self, app: FastAPI) -> None:
        """There is no middleware."""

    async def log_in(self, form: Form, response: Response) -> dict[str, Any]:
        expires = self._clock() + self._lifetime
        claims = {"sub": form.name, "roles": form.roles, "exp": expires}
        return {"access_token": signed(claims, self._secret), "expires_in": self._lifetime}

    async def refresh(self, token: str) -> dict[str, Any]:
        raise HTTPException(404)

    async def log_out(self, request: Request, response: Response) -> None:
        """The client throws its token away; the server has nothing to end."""

    async def lock(self, subject: str) -> None:
        """Refuses the next login; no request looks at it."""

    async def set_roles(self, subject: str, roles: list[str]) -> None:
        """The next login has these roles; no request looks at them."""

    async def listed(self, subject: str) -> list[dict[str, Any]]:
        return []

    async def fill(self, count: int) -> None:
        for number in range(count):
            await self.log_in(
                Form(name=f"filled-{number}", password="", roles=["reader"]), Response()
            )

    async def purge(self) -> int:
        return 0

    async def public_keys(self) -> dict[str, Any]:
        return {"keys": []}  # whoever could check could also sign

    async def recover(self) -> None:
        self._secret = secrets.token_hex(32)
