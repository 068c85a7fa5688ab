"""AuthX with its token in a Bearer header.  The page has no logout: the token works until it
expires, and the client forgets it.

Source: https://authx.yezz.me/get-started/basic-usage/
"""

import secrets
from typing import Annotated, Any

from authx import AuthX, AuthXConfig, TokenPayload
from fastapi import Depends, FastAPI, HTTPException
from pwdlib import PasswordHash
from pydantic import BaseModel

from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.spec import Spec

password_hash = PasswordHash.recommended()


class Form(BaseModel):
    username: str
    password: str


def build(variant: str, spec: Spec) -> Any:
    auth = AuthX(
        config=AuthXConfig(
            JWT_SECRET_KEY=secrets.token_hex(32),
            JWT_TOKEN_LOCATION=["headers"],
        )
    )
    app = FastAPI()
    auth.handle_errors(app)
    hashed = password_hash.hash(PASSWORD)

    @app.post("/login")
    def login(form: Form) -> dict[str, str]:
        if form.username != USERNAME or not password_hash.verify(form.password, hashed):
            raise HTTPException(401, detail="Invalid credentials")
        return {"access_token": auth.create_access_token(uid=form.username)}

    @app.post("/logout", status_code=204)
    async def logout() -> None:
        return None

    @app.get("/me")
    async def me(
        payload: Annotated[TokenPayload, Depends(auth.access_token_required)],
    ) -> dict[str, str]:
        return {"subject": payload.sub}

    return app
