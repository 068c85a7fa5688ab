"""Plain JWTs as tutorials show them: one secret signs them, they last until `exp`, nothing is kept.

Written after https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/, with the roles in the
token, because a request is then checked without a look-up.  The tutorial has no refresh, no logout
at the server and no cookies; neither has this.
"""

import secrets
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import OAuth2PasswordBearer

from .application import Clock, Form
from .hs256 import Refused, signed, verified
from .spec import Spec


class TokenPrincipal(NamedTuple):
    """The principal that a token names."""

    subject: str
    roles: list[str]


class PlainJwt:
    """See `Authentication`."""

    lifespan = None

    def __init__(self, spec: Spec, clock: Clock) -> None:
        self._secret, self._lifetime, self._clock = spec.secret, spec.lifetime, clock
        scheme = OAuth2PasswordBearer(tokenUrl="login")

        async def principal(token: Annotated[str, Depends(scheme)]) -> TokenPrincipal:
            try:
                claims = verified(token, self._secret, clock())
            except Refused:
                challenge = {"WWW-Authenticate": "Bearer"}
                raise HTTPException(401, "Could not validate credentials", challenge) from None
            return TokenPrincipal(claims["sub"], claims["roles"])

        self.principal = principal

    def install(self, app: FastAPI) -> None:
        """No middleware is needed."""

    async def log_in(self, form: Form, response: Response) -> dict[str, Any]:
        expires = self._clock() + self._lifetime
        claims = {"sub": form.name, "roles": form.roles, "exp": expires}
        return {"access_token": signed(claims, self._secret), "expires_in": self._lifetime}

    async def refresh(self, token: str) -> dict[str, Any]:
        raise HTTPException(404)

    async def log_out(self, request: Request, response: Response) -> None:
        """The client drops its token; the server keeps no record that it could end."""

    async def lock(self, subject: str) -> None:
        """A lock would refuse the next login; no request looks it up."""

    async def set_roles(self, subject: str, roles: list[str]) -> None:
        """The next login would have these roles; no request looks them up."""

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
        return {"keys": []}  # the key that checks HS256 also signs, so none is published

    async def recover(self) -> None:
        self._secret = secrets.token_hex(32)
